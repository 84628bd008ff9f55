# For reading images that are .tar.bz2.
make libbz2.a CC="$CC" AR="$AR" CFLAGS="$CFLAGS -D_FILE_OFFSET_BITS=64"
cp libbz2.a "$P/lib/"
cp bzlib.h "$P/include/"
