archive libyyjson.a '-DYYJSON_DISABLE_NON_STANDARD=1 -DYYJSON_DISABLE_FAST_FP_CONV=1' src/yyjson.c
cp src/yyjson.h "$P/include/"
