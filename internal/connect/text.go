package connect

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// Text is what to do in one language, for a terminal.
func (s Server) Text(c *Client, w *Way) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s)\n%s\n\n%s\n", c.Says, w.Language, s.Fill(w.Lead), indent(s.Fill(w.Lines)))
	if len(w.Traps) > 0 {
		b.WriteString("\nLook out:\n")
		for _, t := range w.Traps {
			fmt.Fprintf(&b, "  * %s\n", s.Fill(t))
		}
	}
	fmt.Fprintf(&b, "\nMore: docs/%s\n", c.Doc)
	return b.String()
}

func indent(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		if l != "" {
			lines[i] = "  " + l
		}
	}
	return strings.Join(lines, "\n")
}

// List is what there is, for a terminal.
func List() string {
	var b strings.Builder
	b.WriteString("What sends? Ask with `clew connect CLIENT LANGUAGE`.\n\n")
	w := tabwriter.NewWriter(&b, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "CLIENT\tLANGUAGES\tIT IS")
	for _, c := range Clients() {
		var languages []string
		for _, way := range c.Ways {
			languages = append(languages, way.Language)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", c.Name, strings.Join(languages, " "), c.Says)
	}
	w.Flush() // a strings.Builder takes everything
	return b.String()
}
