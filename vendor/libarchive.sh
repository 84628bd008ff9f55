# tar in all its forms; the program registers only the formats that it wants, so the linker drops the others.
# Without libacl: POSIX ACLs are not kept. PKG_CONFIG=false: nothing of the host's is to be found.
./configure $CONFIGURE --disable-bsdtar --disable-bsdcpio --disable-bsdcat --disable-bsdunzip --disable-acl \
	--enable-xattr --without-libb2 --without-iconv --without-lz4 --without-lzo2 --without-cng --without-openssl \
	--without-mbedtls --without-nettle --without-xml2 --without-expat --with-zlib --with-lzma --with-zstd \
	--with-bz2lib CPPFLAGS="-I$P/include" LDFLAGS="$LDFLAGS -L$P/lib" PKG_CONFIG=false
for lib in z lzma zstd bz2; do
	grep -q "define HAVE_LIB$(echo $lib | tr a-z A-Z) 1" config.h # configure goes on quietly without a library
done
make libarchive.la
make install-libLTLIBRARIES install-includeHEADERS
