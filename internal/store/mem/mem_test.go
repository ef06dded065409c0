package mem_test

import (
	"testing"

	"clew/internal/store"
	"clew/internal/store/mem"
	"clew/internal/store/storetest"
)

func TestConformance(t *testing.T) {
	disks := map[string]*mem.Store{}
	storetest.Run(t, func(t *testing.T, dir string) store.Store {
		if old := disks[dir]; old != nil {
			disks[dir] = old.Reopen()
		} else {
			disks[dir] = mem.New()
		}
		return disks[dir]
	})
}
