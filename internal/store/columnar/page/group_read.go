package page

import (
	"slices"

	"clew/internal/signal"
)

// GroupOf returns the number of the group of each row.
func (v *View) GroupOf() []uint32 {
	if known := v.warm.groupOf.Load(); known != nil {
		return *known
	}
	of := v.rows.bounded(slotGroup, v.groups.n)
	keep(v.warm, &v.warm.groupOf, &of, 4*int64(len(of)))
	return of
}

// Groups returns every group of the page.
func (v *View) Groups() []Group {
	if known := v.warm.groupList.Load(); known != nil {
		return *known
	}
	list := v.readGroups(upTo(v.groups.n))
	keep(v.warm, &v.warm.groupList, &list, groupBytes(list))
	return list
}

// readGroups reads the wanted groups, given ascending, and leaves the rest empty.
func (v *View) readGroups(want []int) []Group {
	list := make([]Group, v.groups.n)
	v.groups.walk(want, func(row int, cols []uint32, at []int) {
		g := &list[row]
		g.Resource = make(signal.Attrs, 0, len(cols))
		for _, c := range cols {
			switch id := &v.groups.cols[c].id; id.slot {
			case slotAttr:
				g.Resource = append(g.Resource, signal.Attr{Key: id.key, Value: v.groups.value(c, at[c])})
			case slotScopeAttr:
				g.Scope.Attrs = append(g.Scope.Attrs, signal.Attr{Key: id.key, Value: v.groups.value(c, at[c])})
			case slotScopeName:
				g.Scope.Name = v.groups.column(int(c)).str(at[c])
			case slotScopeVersion:
				g.Scope.Version = v.groups.column(int(c)).str(at[c])
			}
		}
	})
	return list
}

// groupsOf returns the groups of the wanted rows by their number.
func (v *View) groupsOf(want []int) []Group {
	const few = 64 // rows for which reading all groups is not worth it
	if known := v.warm.groupList.Load(); known != nil || len(want) > few {
		return v.Groups()
	}
	of := v.GroupOf()
	var groups []int
	for _, row := range want {
		groups = append(groups, int(of[row]))
	}
	slices.Sort(groups)
	return v.readGroups(slices.Compact(groups))
}

func groupBytes(list []Group) (n int64) {
	for i := range list {
		n += 128 + 64*int64(cap(list[i].Resource)+cap(list[i].Scope.Attrs))
	}
	return n
}
