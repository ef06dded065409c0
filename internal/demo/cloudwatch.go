package demo

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"clew/internal/sandbox"
)

// cloudwatch delivers the log lines of functions as AWS does: a log subscription
// of every group to a delivery stream, and that to an HTTP endpoint.
type cloudwatch struct {
	url, token string
	log        *slog.Logger
	lines      chan sandbox.Line
	stop       chan struct{}
	stopped    chan struct{}
	sent       int // deliveries
}

const (
	deliverEvery  = time.Second
	deliverWithin = 500 * time.Millisecond // also when the demo stops
	mostLines     = 10_000                 // that wait for a server that is away
)

func newCloudwatch(endpoint, token string, log *slog.Logger) *cloudwatch {
	c := &cloudwatch{
		url: strings.TrimSuffix(endpoint, "/") + "/firehose", token: token, log: log,
		lines: make(chan sandbox.Line, mostLines), stop: make(chan struct{}), stopped: make(chan struct{}),
	}
	go c.run()
	return c
}

// add takes a line; with too many waiting it is lost.
func (c *cloudwatch) add(l sandbox.Line) {
	select {
	case c.lines <- l:
	default:
	}
}

// close delivers what waits, if the server takes it at once.
func (c *cloudwatch) close() {
	close(c.stop)
	<-c.stopped
}

func (c *cloudwatch) run() {
	defer close(c.stopped)
	tick := time.NewTicker(deliverEvery)
	defer tick.Stop()
	var held []sandbox.Line
	for stopping := false; !stopping; {
		select {
		case <-tick.C:
		case <-c.stop:
			stopping = true
		}
		for more := true; more && len(held) < mostLines; {
			select {
			case l := <-c.lines:
				held = append(held, l)
			default:
				more = false
			}
		}
		if len(held) == 0 {
			continue
		}
		if err := c.deliver(held); err != nil {
			c.log.Debug("log lines were not delivered, they are kept", "lines", len(held), "err", err)
			continue
		}
		held = held[:0]
	}
}

// subscription is a document of CloudWatch Logs.
type subscription struct {
	MessageType         string     `json:"messageType"`
	Owner               string     `json:"owner"`
	LogGroup            string     `json:"logGroup"`
	LogStream           string     `json:"logStream"`
	SubscriptionFilters []string   `json:"subscriptionFilters"`
	LogEvents           []logEvent `json:"logEvents"`
}

type logEvent struct {
	ID        string `json:"id"`
	Timestamp int64  `json:"timestamp"`
	Message   string `json:"message"`
}

type delivery struct {
	RequestID string   `json:"requestId"`
	Timestamp int64    `json:"timestamp"`
	Records   []record `json:"records"`
}

type record struct {
	Data string `json:"data"`
}

func (c *cloudwatch) deliver(lines []sandbox.Line) error {
	docs := map[string]*subscription{}
	var order []*subscription
	for i, l := range lines {
		key := l.Function + " " + l.Environment
		doc := docs[key]
		if doc == nil {
			doc = &subscription{
				MessageType: "DATA_MESSAGE", Owner: account, SubscriptionFilters: []string{"clew"},
				LogGroup: "/aws/lambda/" + l.Function, LogStream: l.At.UTC().Format("2006/01/02/") + "[$LATEST]" + l.Environment,
			}
			docs[key] = doc
			order = append(order, doc)
		}
		doc.LogEvents = append(doc.LogEvents, logEvent{ID: fmt.Sprintf("%d-%d-%d", c.sent, l.At.UnixNano(), i), Timestamp: l.At.UnixMilli(), Message: l.Text + "\n"})
	}
	d := delivery{RequestID: fmt.Sprintf("demo-%d", c.sent), Timestamp: lines[len(lines)-1].At.UnixMilli()}
	for _, doc := range order {
		text, err := json.Marshal(doc)
		if err != nil {
			return err
		}
		var z bytes.Buffer
		w := gzip.NewWriter(&z)
		if _, err := w.Write(text); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
		d.Records = append(d.Records, record{base64.StdEncoding.EncodeToString(z.Bytes())})
	}
	body, err := json.Marshal(d)
	if err != nil {
		return err
	}
	if err := c.post(d.RequestID, body); err != nil {
		return err
	}
	c.sent++
	return nil
}

func (c *cloudwatch) post(id string, body []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), deliverWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Amz-Firehose-Protocol-Version", "1.0")
	req.Header.Set("X-Amz-Firehose-Request-Id", id)
	req.Header.Set("X-Amz-Firehose-Source-Arn", "arn:aws:firehose:"+region+":"+account+":deliverystream/clew")
	if c.token != "" {
		req.Header.Set("X-Amz-Firehose-Access-Key", c.token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<16)) // lets the connection be used again
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("demo: %s answered %s", c.url, resp.Status)
	}
	return nil
}
