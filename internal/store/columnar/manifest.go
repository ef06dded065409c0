package columnar

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"clew/internal/signal"
	"clew/internal/store/columnar/vfs"
	"clew/internal/store/columnar/wal"
)

// manifest says which files make up the store. It is small and always replaced
// as a whole: written beside, synced, renamed, directory synced.
type manifest struct {
	Version  int
	Parts    []partMeta
	Dead     []deadRows `json:",omitempty"`
	LogFrom  uint64     // segments before this one are in parts
	LogRow   uint64     `json:",omitempty"` // sequence number of the first row of that segment; 0: not known
	NextPart uint64
	Clock    signal.Time `json:",omitempty"` // what the clock could be trusted to be, see clock.go
}

// deadRows lists rows of a part that do not exist any more: triples of page,
// first row, row after the last.
type deadRows struct {
	Part      uint64
	Runs      []uint32
	Forgotten bool `json:",omitempty"`
}

const (
	manifestName    = "MANIFEST"
	manifestTmp     = "MANIFEST.tmp"
	manifestVersion = 3
)

func (m *manifest) save(fs vfs.FS) error {
	b, err := m.encode()
	if err != nil {
		return fmt.Errorf("columnar: save manifest: %w", err)
	}
	f, err := fs.Create(manifestTmp)
	if err != nil {
		return fmt.Errorf("columnar: save manifest: %w", err)
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = fs.Rename(manifestTmp, manifestName)
	}
	if err == nil {
		err = fs.Sync()
	}
	if err != nil {
		return fmt.Errorf("columnar: save manifest: %w", err)
	}
	return nil
}

// encode returns the bytes of the manifest's file.
func (m *manifest) encode() ([]byte, error) {
	m.Version = manifestVersion
	text, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	return wal.AppendFrame(nil, wal.Batch, manifestVersion, text), nil
}

// loadManifest returns an empty manifest for an empty directory.
func loadManifest(dir vfs.FS) (*manifest, error) {
	m := &manifest{LogFrom: 1, LogRow: 1, NextPart: 1}
	f, err := dir.Open(manifestName)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return nil, fmt.Errorf("columnar: load manifest: %w", err)
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		return nil, fmt.Errorf("columnar: load manifest: %w", err)
	}
	b := make([]byte, size)
	if n, err := f.ReadAt(b, 0); n < len(b) {
		return nil, fmt.Errorf("columnar: load manifest: %w", err)
	}
	text, number, ok := wal.OneFrame(b)
	if !ok {
		return nil, errors.New("columnar: load manifest: damaged: checksum does not match")
	}
	if number != manifestVersion {
		return nil, fmt.Errorf("columnar: load manifest: written in format %d, this version reads %d", number, manifestVersion)
	}
	m.LogRow = 0 // older manifests do not say
	if err := json.Unmarshal(text, m); err != nil {
		return nil, fmt.Errorf("columnar: load manifest: %w", err)
	}
	return m, nil
}

// manifestLocked describes the parts with a list of parts about to be published;
// the log goes on from the first row of m.
func (s *Store) manifestLocked(parts []*part, from *memtable) *manifest {
	m := &manifest{LogFrom: from.firstLog, LogRow: from.firstRow, NextPart: s.nextPart.Load(), Clock: s.trusted}
	for _, p := range parts {
		m.Parts = append(m.Parts, p.partMeta)
		d := deadRows{Part: p.ID, Forgotten: p.forgotten}
		for _, c := range p.chunks {
			c.goneRuns(func(from, to uint32) { d.Runs = append(d.Runs, uint32(c.number), from, to) })
		}
		if len(d.Runs) > 0 {
			m.Dead = append(m.Dead, d)
		}
	}
	return m
}

// bury marks the rows that d lists; they were dead before this store was opened.
func (p *part) bury(d deadRows) error {
	if len(d.Runs)%3 != 0 {
		return fmt.Errorf("columnar: load manifest: dead rows of %s", p.Name)
	}
	for i := 0; i < len(d.Runs); i += 3 {
		n, from, to := d.Runs[i], d.Runs[i+1], d.Runs[i+2]
		if int(n) >= len(p.chunks) || from >= to || int(to) > p.chunks[n].rows {
			return fmt.Errorf("columnar: load manifest: dead rows of %s", p.Name)
		}
		p.chunks[n].dieLocked(from, to, 0)
	}
	p.forgotten = d.Forgotten
	return nil
}
