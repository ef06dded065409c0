package email

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http/httptest"
	"strings"
	"testing"

	"clew/internal/notify"
	"clew/internal/notify/notifytest"
)

// mailer is an SMTP server on loopback that answers as told.
type mailer struct {
	addr    string
	tls     *tls.Config       // offers STARTTLS with it
	replies map[string]string // by command, instead of the good one
	got     chan string       // the conversation, when it ends
}

func newMailer(t *testing.T, tlsConfig *tls.Config, replies map[string]string) *mailer {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &mailer{l.Addr().String(), tlsConfig, replies, make(chan string, 1)}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			m.got <- m.serve(conn)
		}
	}()
	return m
}

func (m *mailer) serve(conn net.Conn) string {
	defer func() { conn.Close() }()
	var log strings.Builder
	r := bufio.NewReader(conn)
	say := func(line string) { fmt.Fprint(conn, line+"\r\n") }
	say("220 mail.example ESMTP")
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return log.String()
		}
		line = strings.TrimRight(line, "\r\n")
		log.WriteString(line + "\n")
		command, _, _ := strings.Cut(strings.ToUpper(line), " ")
		if reply := m.replies[command]; reply != "" {
			say(reply)
			continue
		}
		switch command {
		case "EHLO":
			if _, encrypted := conn.(*tls.Conn); m.tls != nil && !encrypted {
				say("250-mail.example\r\n250 STARTTLS")
			} else {
				say("250-mail.example\r\n250 AUTH PLAIN")
			}
		case "STARTTLS":
			say("220 ready")
			conn = tls.Server(conn, m.tls)
			r = bufio.NewReader(conn)
		case "AUTH":
			say("235 welcome")
		case "DATA":
			say("354 go on")
			for {
				line, err := r.ReadString('\n')
				if err != nil || line == ".\r\n" {
					break
				}
				log.WriteString(strings.TrimRight(line, "\r\n") + "\n")
			}
			if reply := m.replies["."]; reply != "" {
				say(reply)
				continue
			}
			say("250 queued as 7")
		case "QUIT":
			say("221 bye")
			return log.String()
		default:
			say("250 ok")
		}
	}
}

func settings(addr string) notify.Settings {
	return notify.Settings{"to": "On call <oncall@blog.example>, boss@blog.example", "from": "clew@blog.example", "server": addr,
		"username": "clew", "password": "s3cr3tw0rd", "plain": "yes"}
}

func TestMessage(t *testing.T) {
	m := newMailer(t, nil, nil)
	d, err := Kind.New(settings(m.addr), notify.NewClient("test"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"firing", "resolved"} {
		if err := d.Send(t.Context(), notifytest.Notices()[name]); err != nil {
			t.Fatal(err)
		}
		got := <-m.got
		notifytest.Golden(t, "testdata/"+name+".want.txt", got)
	}
}

func TestAnswers(t *testing.T) {
	f := func(command, reply string, status int, retry bool) {
		t.Helper()
		m := newMailer(t, nil, map[string]string{command: reply})
		d, err := Kind.New(settings(m.addr), notify.NewClient("test"))
		if err != nil {
			t.Fatal(err)
		}
		err = d.Send(t.Context(), notifytest.Notices()["firing"])
		got, _ := notify.Temporary(err)
		e, ok := err.(*notify.Error)
		if !ok || got != retry || e.Status != status || strings.Contains(err.Error(), "s3cr3tw0rd") {
			t.Errorf("%s: %v, to be retried %v", reply, err, got)
		}
	}
	f("AUTH", "535 wrong: s3cr3tw0rd", 535, false)
	f("MAIL", "421 too many", 421, true)
	f("RCPT", "450 mailbox busy", 450, true)
	f("RCPT", "550 no such mailbox", 550, false)
	f(".", "451 try again", 451, true)
	f(".", "554 spam", 554, false)

	d, err := Kind.New(settings("127.0.0.1:1"), notify.NewClient("test"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if retry, _ := notify.Temporary(d.Send(ctx, notifytest.Notices()["firing"])); !retry {
		t.Error("a server that is away is given up")
	}
}

func TestEncryption(t *testing.T) {
	web := httptest.NewTLSServer(nil) // for its certificate
	defer web.Close()
	pool := x509.NewCertPool()
	pool.AddCert(web.Certificate())
	f := func(server *tls.Config, trust *x509.CertPool, want string) {
		t.Helper()
		m := newMailer(t, server, nil)
		s := settings(m.addr)
		delete(s, "plain")
		made, err := Kind.New(s, notify.NewClient("test"))
		if err != nil {
			t.Fatal(err)
		}
		d := made.(*destination)
		d.tls = &tls.Config{ServerName: "example.com", RootCAs: trust}
		err = d.Send(t.Context(), notifytest.Notices()["firing"])
		retry, _ := notify.Temporary(err)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want) || retry) {
			t.Errorf("%v, to be retried %v; want %q", err, retry, want)
		}
		if got := <-m.got; want != "" && strings.Contains(got, "AUTH") {
			t.Errorf("the password was sent: %s", got)
		}
	}
	f(web.TLS, pool, "")
	f(web.TLS, x509.NewCertPool(), "certificate")
	f(nil, pool, "no encryption")
}

func TestSettings(t *testing.T) {
	if err := Kind.Check(settings("mail.example:587")); err != nil {
		t.Fatal(err)
	}
	f := func(name, value string) {
		t.Helper()
		s := settings("mail.example:587")
		s[name] = value
		if Kind.Check(s) == nil {
			t.Errorf("%s %q is taken", name, value)
		}
	}
	f("server", "mail.example")
	f("to", "not an address")
	f("to", "a@b.example\r\nBcc: c@d.example")
	f("from", "x@y.example, z@y.example")
	f("port", "25")
	if _, shown := Kind.Public(settings("mail.example:587"))["password"]; shown {
		t.Error("the password is shown")
	}
}
