package page

// Verify reads every column of the page and compares its checksum, also of those
// that no row of it needs. It panics as Guard expects.
func (h *Head) Verify(src Source) {
	for _, t := range []*tableHead{&h.rows, &h.groups} {
		for i := range t.cols {
			c := &t.cols[i]
			OpenChunk(src.Bytes(c.off, c.size), c.sum)
		}
	}
}
