# musl - the C library. The prefix is the sysroot: all other libraries are installed into it, too.
# The compiler is the host's; bin/musl-gcc is the wrapper that everything else is built with.
CC=gcc CFLAGS='' LDFLAGS='' ./configure --prefix="$P" --syslibdir="$P/lib" --disable-shared --enable-wrapper=gcc \
	--enable-optimize=size CFLAGS='-g0 -ffunction-sections -fdata-sections'
make CC=gcc CFLAGS='-g0 -ffunction-sections -fdata-sections' LDFLAGS=''
make CC=gcc install
