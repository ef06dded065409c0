// Package sns publishes to a topic of Amazon SNS, with its query API and Signature
// Version 4.
package sns

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"clew/internal/notify"
)

// Kind is Amazon SNS.
var Kind = notify.Kind{
	Name: "sns", Says: "a topic of Amazon SNS",
	Settings: []notify.Setting{
		{Name: "topic", Says: "ARN of the topic"},
		{Name: "access_key_id", Says: "of a user that may publish to it"},
		{Name: "secret_access_key", Says: "of that user", Secret: true},
		{Name: "session_token", Says: "of temporary credentials", Secret: true, Optional: true},
		{Name: "url", Says: "another address than the region's", Optional: true},
	},
	New: func(s notify.Settings, c *notify.Client) (notify.Destination, error) {
		arn := strings.Split(s["topic"], ":")
		if len(arn) != 6 || arn[0] != "arn" || arn[2] != "sns" || arn[3] == "" {
			return nil, fmt.Errorf("notify: topic is no ARN such as arn:aws:sns:eu-west-1:123456789012:alerts")
		}
		domain := "amazonaws.com"
		if arn[1] == "aws-cn" {
			domain += ".cn"
		}
		to, err := notify.URL("url", cmp.Or(s["url"], "https://sns."+arn[3]+"."+domain+"/"))
		if err != nil {
			return nil, err
		}
		if to.Path == "" {
			to.Path = "/"
		}
		return &destination{to, s["topic"], signer{s["access_key_id"], s["secret_access_key"], s["session_token"], arn[3], "sns", time.Now}, c}, nil
	},
}

type destination struct {
	url    *url.URL
	topic  string
	signer signer
	client *notify.Client
}

const (
	mostSubject = 100
	mostMessage = 200_000 // of the 256 kB that SNS takes
)

// Send publishes one message.
func (d *destination) Send(ctx context.Context, n *notify.Notice) error {
	form := url.Values{
		"Action": {"Publish"}, "Version": {"2010-03-31"}, "TopicArn": {d.topic},
		"Subject": {subject(n.Title())}, "Message": {notify.Truncate(n.Title()+"\n"+n.Text(notify.Plain), mostMessage)},
		"MessageAttributes.entry.1.Name": {"severity"}, "MessageAttributes.entry.1.Value.DataType": {"String"},
		"MessageAttributes.entry.1.Value.StringValue": {cmp.Or(n.Severity, "info")},
	}
	if strings.HasSuffix(d.topic, ".fifo") {
		form.Set("MessageGroupId", "clew")
		form.Set("MessageDeduplicationId", fmt.Sprintf("%.60s-%s-%d", n.Key, strings.ReplaceAll(string(n.Action), " ", "-"), n.At.UnixMilli()))
	}
	body := []byte(form.Encode())
	const contentType = "application/x-www-form-urlencoded; charset=utf-8"
	header := d.signer.sign(http.MethodPost, d.url, contentType, body)
	_, err := d.client.Do(ctx, http.MethodPost, d.url.String(), contentType, header, body, d.signer.secret, d.signer.session, header.Get("Authorization"))
	return err
}

// subject is ASCII of one line, as SNS wants it.
func subject(title string) string {
	out := strings.Map(func(r rune) rune {
		switch {
		case r == '·' || r == '×':
			return '-'
		case r < ' ' || r > '~':
			return '?'
		}
		return r
	}, title)
	return out[:min(len(out), mostSubject)]
}
