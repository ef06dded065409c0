package columnar

import (
	"encoding/binary"
	"math/bits"
)

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
	f := make(filter, filterBlocks(len(hashes))*blockWords)
	for _, h := range hashes {
		f.block(h).add(h)
	}
	return f
}

// filterBlocks is how many blocks n hashes want.
func filterBlocks(n int) int {
	return max(1, (n*filterBits+64*blockWords-1)/(64*blockWords))
}

func (f filter) has(h uint64) bool { return f.block(h).hasHere(h) }

// block picks by a mix of the hash, so that probes inside do not repeat it.
func (f filter) block(h uint64) filter {
	n := blockOf(h, len(f)/blockWords)
	return f[n*blockWords : (n+1)*blockWords]
}

func blockOf(h uint64, blocks int) int {
	hi, _ := bits.Mul64(h*0x9E3779B97F4A7C15, uint64(blocks))
	return int(hi)
}

// add puts h into f, which is one block.
func (f filter) add(h uint64) {
	for range filterProbes {
		f[(h>>6)%blockWords] |= 1 << (h % 64)
		h = bits.RotateLeft64(h, 9)
	}
}

func (f filter) hasHere(h uint64) bool {
	for range filterProbes {
		if f[(h>>6)%blockWords]&(1<<(h%64)) == 0 {
			return false
		}
		h = bits.RotateLeft64(h, 9)
	}
	return true
}

// probes are where a block has bits of a hash.
type probes [filterProbes]struct {
	word int
	bit  uint64
}

func probesOf(h uint64) (ps probes) {
	for i := range ps {
		ps[i].word, ps[i].bit = int((h>>6)%blockWords), 1<<(h%64)
		h = bits.RotateLeft64(h, 9)
	}
	return ps
}

// hit reports whether the block, as it is on disk, may have the hash.
func (ps *probes) hit(block []byte) bool {
	for i := range ps {
		if binary.LittleEndian.Uint64(block[8*ps[i].word:])&ps[i].bit == 0 {
			return false
		}
	}
	return true
}
