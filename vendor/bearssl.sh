make lib CC="$CC" LD="$CC" AR="$AR" CFLAGS="$CFLAGS -DBR_USE_GETENTROPY=1 -DBR_USE_URANDOM=1"
cp build/libbearssl.a "$P/lib/"
cp inc/*.h "$P/include/"
