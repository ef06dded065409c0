// Package connect knows what to set so that a client reports to Clew: the exact
// lines for every client and language, and what to look out for. It is data and
// the filling in of one server's address and token; it reads and sends nothing.
package connect

import (
	"fmt"
	"net/url"
	"strings"
)

// Client is one tracer, agent or protocol that Clew stands in for.
type Client struct {
	Name string // as typed, e.g. "lightstep"
	Says string // what it is, in a line
	Doc  string // its page in docs/
	Ways []Way
}

// Way is how a client is pointed at Clew in one language.
type Way struct {
	Language string // as typed, e.g. "node"
	Lead     string // where the lines belong, in a sentence
	Lines    string // see Server.Fill
	Traps    []string
}

// Clients lists every client, the one to choose for new code first.
func Clients() []Client {
	return []Client{otlp, lightstep, jaeger, zipkin, xray, epsagon, instana, cloudwatch, datadog, opencensus, htrace, envoy, linkerd}
}

// Server is where clients report to.
type Server struct {
	base        *url.URL
	token       string
	tokenNeeded bool
}

// AnyToken stands where a client wants a token and the server does not.
const AnyToken = "any-text"

// NewServer returns the server at endpoint, a URL of scheme, host and optionally
// a port. token is what clients have to send, or empty if none is needed.
func NewServer(endpoint, token string) (Server, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return Server{}, fmt.Errorf("connect: endpoint %q is not http://HOST:PORT or https://HOST", endpoint)
	}
	return Server{base: u, token: token, tokenNeeded: token != ""}, nil
}

// Fill returns text with this server's {url}, {address} (host:port), {host},
// {port} and {token} in it. A line that begins with a condition stays only where
// it holds: ?token and ?open (a token is needed, or not), ?tls and ?plain.
func (s Server) Fill(text string) string {
	tls := s.base.Scheme == "https"
	holds := map[string]bool{"?token": s.tokenNeeded, "?open": !s.tokenNeeded, "?tls": tls, "?plain": !tls}
	var out []string
	for line := range strings.SplitSeq(strings.Trim(text, "\n"), "\n") {
		word, rest, _ := strings.Cut(line, " ")
		if is, conditional := holds[word]; conditional {
			if !is {
				continue
			}
			line = rest
		}
		out = append(out, line)
	}
	return s.replacer().Replace(strings.Join(out, "\n"))
}

func (s Server) replacer() *strings.Replacer {
	port, token := s.base.Port(), s.token
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[s.base.Scheme]
	}
	if token == "" {
		token = AnyToken
	}
	host := s.base.Hostname()
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	base := strings.TrimRight(s.base.Scheme+"://"+s.base.Host+s.base.Path, "/")
	return strings.NewReplacer("{url}", base, "{address}", host+":"+port, "{host}", host, "{port}", port, "{token}", token)
}

// Find returns the client of that name and its way of that language; an empty
// language is the only or first one. The error says what there is.
func Find(client, language string) (*Client, *Way, error) {
	var names []string
	for _, c := range Clients() {
		if names = append(names, c.Name); !strings.EqualFold(c.Name, client) {
			continue
		}
		var languages []string
		for i := range c.Ways {
			if language == "" || strings.EqualFold(c.Ways[i].Language, language) {
				return &c, &c.Ways[i], nil
			}
			languages = append(languages, c.Ways[i].Language)
		}
		return nil, nil, fmt.Errorf("connect: no lines for %s in %q; there are: %s", c.Name, language, strings.Join(languages, " "))
	}
	return nil, nil, fmt.Errorf("connect: unknown client %q; there are: %s", client, strings.Join(names, " "))
}
