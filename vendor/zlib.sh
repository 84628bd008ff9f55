./configure --static --prefix="$P"
make libz.a
cp libz.a "$P/lib/"
cp zlib.h zconf.h "$P/include/"
