package main

import (
	"context"
	"fmt"
	"net"
	"os"

	"clew/internal/config"
	"clew/internal/connect"
)

// placeholderToken stands for a token nobody but its owner has.
const placeholderToken = "YOUR_TOKEN"

type connectCmd struct {
	Client   string `arg:"" optional:"" help:"What sends, e.g. lightstep; without it all are listed."`
	Language string `arg:"" optional:"" help:"Its language, e.g. node."`
	Endpoint string `env:"-" placeholder:"URL" help:"Where senders reach the server, e.g. https://clew.example; by default the address that serve listens on."`
	Token    string `env:"-" placeholder:"TOKEN" help:"The token to print; by default a placeholder where the server needs one."`
}

// Run prints the lines to set for one client, or lists all clients.
func (c *connectCmd) Run(_ context.Context, all *cli) error {
	text, err := c.text(all)
	if err == nil {
		fmt.Print(text)
	}
	return err
}

func (c *connectCmd) text(all *cli) (string, error) {
	if c.Client == "" {
		return connect.List(), nil
	}
	client, way, err := connect.Find(c.Client, c.Language)
	if err != nil {
		return "", err
	}
	listen, err := all.listen()
	if err != nil {
		return "", err
	}
	endpoint, token := c.Endpoint, c.Token
	if endpoint == "" {
		endpoint = "http://" + reachable(listen)
	}
	// Only on loopback is no token needed, whatever name the server has outside.
	if token == "" && !config.Loopback(listen) {
		token = placeholderToken
	}
	s, err := connect.NewServer(endpoint, token)
	if err != nil {
		return "", err
	}
	return s.Text(client, way), nil
}

// listen returns the address of serve: from the settings file, the environment
// or its default.
func (c *cli) listen() (string, error) {
	if os.Getenv("CLEW_LISTEN") == "" && c.Config != "" {
		file, err := config.ReadFile(string(c.Config))
		if err != nil || file["listen"] != "" {
			return file["listen"], err
		}
	}
	return c.Serve.Listen, nil
}

// reachable is listen with a name that others can call, where it means all
// addresses of this machine.
func reachable(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return listen
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		if host, err = os.Hostname(); err != nil {
			host = "127.0.0.1"
		}
	}
	return net.JoinHostPort(host, port)
}
