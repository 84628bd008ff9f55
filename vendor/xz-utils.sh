# liblzma only, without threads and without what no image is packed with.
./configure $CONFIGURE --disable-nls --disable-xz --disable-xzdec --disable-lzmadec --disable-lzmainfo \
	--disable-lzma-links --disable-scripts --disable-doc --disable-threads \
	--enable-encoders=lzma1,lzma2,x86,arm,arm64,riscv \
	--enable-decoders=lzma1,lzma2,x86,arm,armthumb,arm64,riscv,delta --enable-match-finders=hc4,bt4 \
	--disable-microlzma --disable-lzip-decoder
make -C src/liblzma install
