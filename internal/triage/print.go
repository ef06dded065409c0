package triage

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"clew/internal/api"
)

// WriteList prints one line an issue, as seen at now.
func WriteList(w io.Writer, list *api.IssueList, now time.Time) error {
	if len(list.Issues) == 0 {
		_, err := fmt.Fprintln(w, why(list.Empty, now))
		return err
	}
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "ID\tSTATE\tTYPE\tCOUNT\tLAST\tISSUE\tROOT CAUSE")
	for i := range list.Issues {
		r := &list.Issues[i]
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%s\t%s\t%s\n", r.ID, r.State, r.Type, r.Count, ago(r.Last, now), r.Title, share(r.Cause))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if list.Next != "" {
		_, err := fmt.Fprintln(w, "There are more; narrow the query, or raise --limit.")
		return err
	}
	return nil
}

func why(e *api.Empty, now time.Time) string {
	switch {
	case e == nil:
		return "No issues."
	case e.Reason == "no-data":
		return "No issues have been seen yet."
	case e.Reason == "no-data-in-range":
		return "No issues in this time; the nearest was seen " + ago(e.Nearest, now) + "."
	case e.Term != "":
		return "No issues match; without " + e.Term + " there are some."
	}
	return "No issues match."
}

// share says how many start where: "37 of 41 start in request-processor".
func share(c *api.IssueCause) string {
	if c == nil {
		return "-"
	}
	return fmt.Sprintf("%d of %d start in %s", c.Share.Of, c.Share.Total, c.Resource.Name)
}

// Write prints all about one issue, as seen at now.
func Write(w io.Writer, i *api.Issue, now time.Time) error {
	b := &strings.Builder{}
	fmt.Fprintf(b, "%s\n%s · %s", i.Title, i.Type, i.State)
	if i.Until != "" {
		fmt.Fprintf(b, " until %s", i.Until)
	}
	fmt.Fprintf(b, " · %d in this time, %d ever", i.Count, i.Total)
	if i.Users > 0 {
		fmt.Fprintf(b, " · %d users", i.Users)
	}
	fmt.Fprintf(b, "\n%s %s · first seen %s%s · last seen %s%s\n", i.Resource.Kind, i.Resource.Name, ago(i.First, now), in(i.Version), ago(i.Last, now), in(i.LastVersion))
	section(b, "Root causes", len(i.Causes))
	for _, c := range i.Causes {
		fmt.Fprintf(b, "  %d of %d  %s  (%s %s)\n", c.Count, i.Total, c.Headline, c.Resource.Kind, c.Resource.Name)
	}
	section(b, "In common", len(i.Common))
	for _, c := range i.Common {
		fmt.Fprintf(b, "  %s = %s  (%d)\n", c.Path, c.Value, c.Count)
	}
	if i.Stack != "" {
		fmt.Fprintf(b, "\nStack\n  %s\n", strings.ReplaceAll(strings.TrimRight(i.Stack, "\n"), "\n", "\n  "))
	}
	section(b, "Transactions", len(i.Occurrences))
	for _, o := range i.Occurrences[:min(len(i.Occurrences), 10)] {
		fmt.Fprintf(b, "  %s  %s  %s%s\n", o.Transaction, ago(o.At, now), o.Error, in(o.Version))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func section(b *strings.Builder, title string, n int) {
	if n > 0 {
		fmt.Fprintf(b, "\n%s\n", title)
	}
}

func in(version string) string {
	if version == "" {
		return ""
	}
	return " in version " + version
}

// ago says how long before now an instant was.
func ago(instant string, now time.Time) string {
	at, err := time.Parse(time.RFC3339Nano, instant)
	if err != nil {
		return "at an unknown time"
	}
	d := now.Sub(at)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s ago", max(0, int(d.Seconds())))
	case d < time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(d.Hours()))
	}
	return fmt.Sprintf("%d days ago", int(d.Hours()/24))
}
