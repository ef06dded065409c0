package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"clew/internal/alert"
	"clew/internal/api"
)

type rulesCmd struct {
	URL   string `name:"url" default:"http://127.0.0.1:7171" placeholder:"URL" help:"Address of the server, base path included."`
	Token string `placeholder:"TOKEN" help:"Token with scope read, where the server needs one; changing something needs write."`

	Apply  rulesApplyCmd  `cmd:"" help:"Make the rules of a file, or replace those of the same name; all or none."`
	Export rulesExportCmd `cmd:"" help:"Print the server's rules as a file that apply takes."`
	Test   rulesTestCmd   `cmd:"" help:"Check the rules of a file, and say what they would have done with what the server holds."`
	List   rulesListCmd   `cmd:"" help:"List the rules and how they stand."`
	Delete rulesDeleteCmd `cmd:"" help:"Delete a rule; what it opened is resolved."`
}

type rulesApplyCmd struct {
	File  string `arg:"" help:"YAML or JSON with a list of rules; - is standard input."`
	Prune bool   `env:"-" help:"Delete the rules that are not in the file."`
}

func (c *rulesApplyCmd) Run(ctx context.Context, all *cli) error {
	text, rules, err := readRules(c.File)
	if err != nil {
		return err
	}
	var kept api.AlertsKept
	if err := all.Rules.ask(ctx, http.MethodPost, "", text, &kept); err != nil {
		return err
	}
	fmt.Printf("%d rules kept\n", len(kept.Kept))
	if !c.Prune {
		return nil
	}
	var list api.AlertRuleList
	if err := all.Rules.ask(ctx, http.MethodGet, "", nil, &list); err != nil {
		return err
	}
	there := map[string]bool{}
	for _, r := range rules {
		there[r.Name] = true
	}
	for _, r := range list.Rules {
		if there[r.Rule.Name] {
			continue
		}
		if err := all.Rules.delete(ctx, r.Rule.Name); err != nil {
			return err
		}
	}
	return nil
}

type rulesExportCmd struct{}

func (c *rulesExportCmd) Run(ctx context.Context, all *cli) error {
	var list api.AlertRuleList
	if err := all.Rules.ask(ctx, http.MethodGet, "", nil, &list); err != nil {
		return err
	}
	specs := []alert.Spec{}
	for _, r := range list.Rules {
		specs = append(specs, r.Rule)
	}
	text, err := alert.Encode(specs)
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(text)
	return err
}

type rulesTestCmd struct {
	File    string `arg:"" help:"YAML or JSON with a list of rules; - is standard input."`
	From    string `env:"-" default:"now-24h" placeholder:"TIME" help:"RFC 3339, unix time or now-7d; at most 31 days ago."`
	To      string `env:"-" default:"now" placeholder:"TIME" help:"As --from."`
	Offline bool   `env:"-" help:"Only check the file; ask no server."`
}

func (c *rulesTestCmd) Run(ctx context.Context, all *cli) error {
	_, rules, err := readRules(c.File)
	if err != nil {
		return err
	}
	if c.Offline {
		fmt.Printf("%d rules, all right\n", len(rules))
		return nil
	}
	for _, r := range rules {
		body, err := json.Marshal(api.AlertTry{Rule: r.Written, From: c.From, To: c.To})
		if err != nil {
			return fmt.Errorf("rules: write question: %w", err)
		}
		var tried api.AlertTrials
		if err := all.Rules.ask(ctx, http.MethodPost, "backtest", body, &tried); err != nil {
			return fmt.Errorf("%s: %w", r.Name, err)
		}
		if err := writeTrial(os.Stdout, r, &tried); err != nil {
			return err
		}
	}
	return nil
}

func writeTrial(out io.Writer, r *alert.Rule, t *api.AlertTrials) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d notifications, %s firing\n", r.Name, t.Notices, time.Duration(t.FiringNS).Round(time.Second))
	for _, s := range t.Series {
		for _, c := range s.Changes {
			if c.Notice != "" {
				fmt.Fprintf(&b, "  %s  %-8s  %s  %s\n", c.At, c.Notice, strings.Join(s.Group, ", "), c.Why)
			}
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

type rulesListCmd struct{}

func (c *rulesListCmd) Run(ctx context.Context, all *cli) error {
	var list api.AlertRuleList
	if err := all.Rules.ask(ctx, http.MethodGet, "", nil, &list); err != nil {
		return err
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tSTATUS\tSERIES\tSEVERITY\tWHEN\tTELLS")
	for _, r := range list.Rules {
		f := r.Full
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s %s in %s windows of %s\t%s\n", f.Name, r.Status, r.Series, f.Severity,
			f.Measure, f.Condition, f.Windows, f.Window, strings.Join(f.Destinations, ", "))
	}
	return w.Flush()
}

type rulesDeleteCmd struct {
	Name string `arg:"" help:"Name of the rule."`
}

func (c *rulesDeleteCmd) Run(ctx context.Context, all *cli) error {
	return all.Rules.delete(ctx, c.Name)
}

// readRules reads and checks a file. Its errors begin with the file's name, line and
// column, as compilers' do.
func readRules(name string) ([]byte, []*alert.Rule, error) {
	var text []byte
	var err error
	if name == "-" {
		text, err = io.ReadAll(os.Stdin)
	} else {
		text, err = os.ReadFile(name)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("rules: %w", err)
	}
	rules, err := alert.Decode(text)
	var place *alert.PlaceError
	if errors.As(err, &place) {
		return nil, nil, fmt.Errorf("%s:%w", name, err)
	}
	return text, rules, err
}

func (c *rulesCmd) delete(ctx context.Context, name string) error {
	var done api.Done
	if err := c.ask(ctx, http.MethodDelete, "rules/"+url.PathEscape(name), nil, &done); err != nil {
		return err
	}
	fmt.Printf("%s deleted\n", name)
	return nil
}

// ask asks the server's API of alerts; path "" is its rules. What it says of a mistake
// becomes the error.
func (c *rulesCmd) ask(ctx context.Context, method, path string, body []byte, answer any) error {
	if path == "" {
		path = "rules"
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.URL, "/")+"/api/alerts/"+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("rules: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	res, err := (&http.Client{Timeout: time.Minute}).Do(req)
	if err != nil {
		return fmt.Errorf("rules: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		var problem struct{ Detail string }
		text, _ := io.ReadAll(io.LimitReader(res.Body, 64<<10))
		if json.Unmarshal(text, &problem) != nil || problem.Detail == "" {
			problem.Detail = strings.TrimSpace(string(text))
		}
		return fmt.Errorf("rules: the server answered %d: %s", res.StatusCode, problem.Detail)
	}
	if err := json.NewDecoder(res.Body).Decode(answer); err != nil {
		return fmt.Errorf("rules: read answer: %w", err)
	}
	return nil
}
