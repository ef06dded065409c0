package columnar

import "math/bits"

// filter tells which hashes are certainly not in a part: ten bits a hash in
// blocks of 512, so that a question touches one cache line. About 1 % of the
// hashes that are not there look as if they were.
type filter []uint64

const (
	filterBits   = 10 // per hash
	filterProbes = 6
	blockWords   = 8
)

func newFilter(hashes []uint64) filter {
	blocks := (len(hashes)*filterBits + 64*blockWords - 1) / (64 * blockWords)
	f := make(filter, max(1, blocks)*blockWords)
	for _, h := range hashes {
		b := f.block(h)
		for range filterProbes {
			b[(h>>6)%blockWords] |= 1 << (h % 64)
			h = bits.RotateLeft64(h, 9)
		}
	}
	return f
}

func (f filter) has(h uint64) bool {
	b := f.block(h)
	for range filterProbes {
		if b[(h>>6)%blockWords]&(1<<(h%64)) == 0 {
			return false
		}
		h = bits.RotateLeft64(h, 9)
	}
	return true
}

// block picks by a mix of the hash, so that probes inside do not repeat it.
func (f filter) block(h uint64) filter {
	hi, _ := bits.Mul64(h*0x9E3779B97F4A7C15, uint64(len(f)/blockWords))
	return f[hi*blockWords : (hi+1)*blockWords]
}
