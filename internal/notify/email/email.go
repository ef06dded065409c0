// Package email sends a message over SMTP.
package email

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"strings"
	"time"

	"clew/internal/notify"
)

// Kind is email.
var Kind = notify.Kind{
	Name: "email", Says: "one or more mailboxes",
	Settings: []notify.Setting{
		{Name: "to", Says: "addresses, with commas between them"},
		{Name: "from", Says: "address of the sender"},
		{Name: "server", Says: "HOST:PORT of the SMTP server; port 465 speaks TLS at once, others are asked for STARTTLS"},
		{Name: "username", Says: "at the server", Optional: true},
		{Name: "password", Says: "at the server", Secret: true, Optional: true},
		{Name: "plain", Says: "yes: send even where the server offers no encryption", Optional: true},
	},
	New: func(s notify.Settings, c *notify.Client) (notify.Destination, error) {
		d := &destination{server: s["server"], username: s["username"], password: s["password"], plain: s["plain"] == "yes", usable: c != nil}
		var err error
		if d.host, _, err = net.SplitHostPort(d.server); err != nil || d.host == "" {
			return nil, fmt.Errorf("notify: server is not HOST:PORT")
		}
		if d.from, err = mail.ParseAddress(s["from"]); err != nil {
			return nil, fmt.Errorf("notify: from is no address: %w", err)
		}
		if d.to, err = mail.ParseAddressList(s["to"]); err != nil {
			return nil, fmt.Errorf("notify: to holds no addresses: %w", err)
		}
		return d, nil
	},
}

type destination struct {
	server, host       string
	from               *mail.Address
	to                 []*mail.Address
	username, password string
	plain              bool
	usable             bool
	tls                *tls.Config // of tests; nil is the system's
}

// patience is how long the whole conversation may take.
const patience = 20 * time.Second

// Send delivers one message to the server.
func (d *destination) Send(ctx context.Context, n *notify.Notice) error {
	if !d.usable {
		return notify.ErrNoClient
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return d.outcome(d.deliver(ctx, d.message(n)))
}

func (d *destination) deliver(ctx context.Context, message []byte) error {
	conf := &tls.Config{ServerName: d.host, MinVersion: tls.VersionTLS12}
	if d.tls != nil {
		conf = d.tls.Clone()
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", d.server)
	if err != nil {
		return err
	}
	defer conn.Close()
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		return err
	}
	if strings.HasSuffix(d.server, ":465") {
		conn = tls.Client(conn, conf)
	}
	c, err := smtp.NewClient(conn, d.host)
	if err != nil {
		return err
	}
	defer c.Close()
	if ok, _ := c.Extension("STARTTLS"); ok {
		if err := c.StartTLS(conf); err != nil {
			return err
		}
	}
	if _, encrypted := c.TLSConnectionState(); !encrypted && !d.plain {
		return errPlain
	}
	if d.username != "" {
		// PlainAuth itself refuses to send a password unencrypted to another host.
		if err := c.Auth(smtp.PlainAuth("", d.username, d.password, d.host)); err != nil {
			return err
		}
	}
	if err := c.Mail(d.from.Address); err != nil {
		return err
	}
	for _, to := range d.to {
		if err := c.Rcpt(to.Address); err != nil {
			return err
		}
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(message); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	_ = c.Quit() // the message is the server's already
	return nil
}

var errPlain = errors.New("the server offers no encryption; set plain to yes to send without")

// outcome tells errors that may pass from those that will not: 5xx replies stay.
func (d *destination) outcome(err error) error {
	if err == nil {
		return nil
	}
	said := strings.ReplaceAll(err.Error(), cmp.Or(d.password, "\x00"), "***")
	var reply *textproto.Error
	if errors.As(err, &reply) {
		return &notify.Error{Status: reply.Code, Said: notify.Truncate(said, 200), Retry: reply.Code/100 == 4}
	}
	var certificate *tls.CertificateVerificationError
	return &notify.Error{Said: said, Retry: !errors.Is(err, errPlain) && !errors.As(err, &certificate)}
}

// message writes a notice as RFC 5322 wants it. Messages of one incident refer to the
// same, so that mailboxes show them together.
func (d *destination) message(n *notify.Notice) []byte {
	var to []string
	for _, a := range d.to {
		to = append(to, a.String())
	}
	sum := sha256.Sum256([]byte(n.Key))
	thread := "<" + hex.EncodeToString(sum[:12]) + "@clew>"
	sum = sha256.Sum256(fmt.Appendf(nil, "%s %s %d", n.Key, n.Action, n.At.UnixNano()))
	var b bytes.Buffer
	for _, h := range [][2]string{
		{"From", d.from.String()}, {"To", strings.Join(to, ", ")}, {"Subject", mime.QEncoding.Encode("utf-8", notify.Truncate(oneLine(n.Title()), 200))},
		{"Date", n.At.Format(time.RFC1123Z)}, {"Message-ID", "<" + hex.EncodeToString(sum[:12]) + "@clew>"}, {"References", thread}, {"In-Reply-To", thread},
		{"MIME-Version", "1.0"}, {"Content-Type", "text/plain; charset=utf-8"}, {"Content-Transfer-Encoding", "quoted-printable"}, {"Auto-Submitted", "auto-generated"},
	} {
		b.WriteString(h[0] + ": " + h[1] + "\r\n")
	}
	b.WriteString("\r\n")
	w := quotedprintable.NewWriter(&b)
	fmt.Fprintf(w, "%s\n\n%s\n", n.Title(), n.Text(notify.Plain))
	w.Close()
	return b.Bytes()
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
