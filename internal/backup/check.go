package backup

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"clew/internal/meta"
	"clew/internal/store/columnar"
	"clew/internal/store/columnar/vfs"
)

// Check reads every byte of a data directory, or of a store's own directory, and
// reports every file. No server may have it open.
func Check(ctx context.Context, dir string, report func(columnar.Finding)) (columnar.Summary, error) {
	if _, err := os.Stat(dir); err != nil {
		return columnar.Summary{}, fmt.Errorf("backup: check: %w", err)
	}
	sub := filepath.Join(dir, storeDir)
	if _, err := os.Stat(sub); err != nil {
		sub = dir
	}
	disk, err := vfs.NewDisk(sub)
	if err != nil {
		return columnar.Summary{}, fmt.Errorf("backup: check: %w", err)
	}
	sum, err := columnar.Check(disk, report)
	if err != nil || sub == dir {
		return sum, err
	}
	f := columnar.Finding{File: metaFile, State: columnar.Whole}
	st, err := os.Stat(filepath.Join(dir, metaFile))
	switch {
	case err != nil:
		f.State, f.Detail = columnar.Missing, err.Error()
		sum.Missing++
	default:
		f.Bytes = st.Size()
		sum.Files++
		sum.Bytes += f.Bytes
		if err := meta.Check(ctx, filepath.Join(dir, metaFile)); err != nil {
			f.State, f.Detail = columnar.Damaged, err.Error()
			sum.Damaged++
		}
	}
	report(f)
	return sum, nil
}
