# The encoder keeps its fast strategies only (levels up to 4 or so): the others are 80 KB that nobody would miss. The decoder has one
# kind of Huffman tables, which reads both: 12 KB for a few percent.
archive libzstd.a '-DHUF_FORCE_DECOMPRESS_X1 -DZSTD_LEGACY_SUPPORT=0 -DXXH_NAMESPACE=ZSTD_ -DZSTD_STRIP_ERROR_STRINGS
	-DZSTD_EXCLUDE_GREEDY_BLOCK_COMPRESSOR -DZSTD_EXCLUDE_LAZY_BLOCK_COMPRESSOR -DZSTD_EXCLUDE_LAZY2_BLOCK_COMPRESSOR
	-DZSTD_EXCLUDE_BTLAZY2_BLOCK_COMPRESSOR -DZSTD_EXCLUDE_BTOPT_BLOCK_COMPRESSOR
	-DZSTD_EXCLUDE_BTULTRA_BLOCK_COMPRESSOR' \
	lib/common/*.c lib/compress/*.c lib/decompress/*.c lib/decompress/huf_decompress_amd64.S
cp lib/zstd.h lib/zstd_errors.h "$P/include/"
