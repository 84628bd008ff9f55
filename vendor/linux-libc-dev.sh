# The kernel's headers, newer than a host's: musl brings none, and both flavours shall see the same.
cpu=$(gcc -dumpmachine)
cp -a usr/include/linux usr/include/asm-generic "$P/include/"
mkdir -p "$P/include/asm"
cp -aL "usr/include/${cpu%%-*}-linux-gnu/asm/." "$P/include/asm/"
