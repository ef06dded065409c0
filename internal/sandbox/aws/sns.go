package aws

import (
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"sync"

	"clew/internal/sandbox"
)

type topics struct {
	mu    sync.Mutex // guards byARN and the topics in it
	byARN map[string]*topic
}

type topic struct {
	arn  string
	subs []subscription
}

type subscription struct{ arn, function string }

// CreateTopic makes a topic, or finds it, and returns its ARN.
func (c *Cloud) CreateTopic(name string) string {
	arn := c.arn("sns", name)
	c.topics.mu.Lock()
	defer c.topics.mu.Unlock()
	if c.topics.byARN[arn] == nil {
		c.topics.byARN[arn] = &topic{arn: arn}
	}
	return arn
}

// SubscribeFunction delivers every message of a topic to a function.
func (c *Cloud) SubscribeFunction(topicARN, function string) (string, error) {
	c.topics.mu.Lock()
	defer c.topics.mu.Unlock()
	t := c.topics.byARN[topicARN]
	if t == nil {
		return "", &Error{Status: http.StatusNotFound, Code: "NotFound", Message: "Topic does not exist"}
	}
	for _, s := range t.subs {
		if s.function == function {
			return s.arn, nil
		}
	}
	s := subscription{arn: topicARN + ":" + newID(), function: function}
	t.subs = append(t.subs, s)
	return s.arn, nil
}

// serveSNS speaks the query protocol: a form in, XML out.
func (c *Cloud) serveSNS(w http.ResponseWriter, body []byte) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		writeXMLError(w, invalid("MalformedQueryString", "%v", err))
		return
	}
	var result any
	switch action := form.Get("Action"); action {
	case "CreateTopic":
		result, err = c.snsCreateTopic(form)
	case "Subscribe":
		result, err = c.snsSubscribe(form)
	case "Publish":
		result, err = c.snsPublish(form)
	case "PublishBatch":
		result, err = c.snsPublishBatch(form)
	default:
		err = &Error{Code: "InvalidAction", Message: "the sandbox does not play " + strconv.Quote(action)}
	}
	if err != nil {
		writeXMLError(w, err)
		return
	}
	writeXML(w, form.Get("Action"), result)
}

type topicResult struct{ TopicArn string }
type subscribeResult struct{ SubscriptionArn string }
type publishResult struct{ MessageId string }

func (c *Cloud) snsCreateTopic(form url.Values) (any, error) {
	name := form.Get("Name")
	if name == "" {
		return nil, invalid("InvalidParameter", "Invalid parameter: Topic Name")
	}
	return topicResult{c.CreateTopic(name)}, nil
}

func (c *Cloud) snsSubscribe(form url.Values) (any, error) {
	if p := form.Get("Protocol"); p != "lambda" {
		return nil, invalid("InvalidParameter", "Invalid parameter: the sandbox delivers to lambda only, not to %q", p)
	}
	endpoint := form.Get("Endpoint")
	arn, err := c.SubscribeFunction(form.Get("TopicArn"), endpoint[strings.LastIndexByte(endpoint, ':')+1:])
	return subscribeResult{arn}, err
}

// message is one publication.
type message struct {
	id, body, subject string
	attributes        map[string]attribute
}

func (c *Cloud) snsPublish(form url.Values) (any, error) {
	arn := form.Get("TopicArn")
	if arn == "" {
		arn = form.Get("TargetArn")
	}
	m, err := readMessage(form, "")
	if err != nil {
		return nil, err
	}
	if err := c.publish(arn, m); err != nil {
		return nil, err
	}
	return publishResult{m.id}, nil
}

type batchResult struct {
	Successful []batchOK     `xml:"Successful>member"`
	Failed     []batchFailed `xml:"Failed>member"`
}
type batchOK struct{ Id, MessageId string }
type batchFailed struct {
	Id, Code, Message string
	SenderFault       bool
}

func (c *Cloud) snsPublishBatch(form url.Values) (any, error) {
	var out batchResult
	for i := 1; ; i++ {
		prefix := "PublishBatchRequestEntries.member." + strconv.Itoa(i) + "."
		id := form.Get(prefix + "Id")
		switch {
		case id == "" && i == 1:
			return nil, invalid("EmptyBatchRequest", "The batch request doesn't contain any entries.")
		case id == "":
			return out, nil
		case i > 10:
			return nil, invalid("TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible.")
		}
		m, err := readMessage(form, prefix)
		if err == nil {
			err = c.publish(form.Get("TopicArn"), m)
		}
		if err != nil {
			e := asError(err)
			out.Failed = append(out.Failed, batchFailed{id, e.Code, e.Message, e.Status < 500})
			continue
		}
		out.Successful = append(out.Successful, batchOK{id, m.id})
	}
}

const maxMessage = 256 << 10

func readMessage(form url.Values, prefix string) (message, error) {
	m := message{id: newID(), body: form.Get(prefix + "Message"), subject: form.Get(prefix + "Subject")}
	if m.body == "" {
		return m, invalid("InvalidParameter", "Invalid parameter: Empty message")
	}
	if len(m.body) > maxMessage {
		return m, invalid("InvalidParameter", "Invalid parameter: Message too long")
	}
	for i := 1; ; i++ {
		entry := prefix + "MessageAttributes.entry." + strconv.Itoa(i) + "."
		name := form.Get(entry + "Name")
		if name == "" {
			return m, nil
		}
		a := attribute{DataType: form.Get(entry + "Value.DataType"), StringValue: form.Get(entry + "Value.StringValue")}
		if b := form.Get(entry + "Value.BinaryValue"); b != "" {
			raw, err := base64.StdEncoding.DecodeString(b)
			if err != nil {
				return m, invalid("InvalidParameter", "Invalid parameter: binary value of %q: %v", name, err)
			}
			a.BinaryValue = raw
		}
		if err := a.check(name); err != nil {
			return m, err
		}
		if m.attributes == nil {
			m.attributes = map[string]attribute{}
		}
		m.attributes[name] = a
	}
}

// publish hands m to every function subscribed, as Lambda's asynchronous events.
func (c *Cloud) publish(arn string, m message) error {
	c.topics.mu.Lock()
	t := c.topics.byARN[arn]
	var subs []subscription
	if t != nil {
		subs = append(subs, t.subs...)
	}
	c.topics.mu.Unlock()
	if t == nil {
		return &Error{Status: http.StatusNotFound, Code: "NotFound", Message: "Topic does not exist"}
	}
	for _, s := range subs {
		event, err := json.Marshal(c.snsEvent(t, s, m))
		if err != nil {
			return err
		}
		if _, err := c.opts.Functions.InvokeAsync(sandbox.Request{Function: s.function, Payload: event}); err != nil {
			return err
		}
	}
	return nil
}

type snsAttribute struct{ Type, Value string }

// snsEvent is the event Lambda gives to a function for m.
func (c *Cloud) snsEvent(t *topic, s subscription, m message) any {
	attrs := map[string]snsAttribute{}
	for name, a := range m.attributes {
		v := a.StringValue
		if len(a.BinaryValue) > 0 {
			v = base64.StdEncoding.EncodeToString(a.BinaryValue)
		}
		attrs[name] = snsAttribute{a.DataType, v}
	}
	var subject any
	if m.subject != "" {
		subject = m.subject
	}
	host := "https://sns." + c.opts.Region + ".amazonaws.com/"
	return map[string]any{"Records": []any{map[string]any{
		"EventSource":          "aws:sns",
		"EventVersion":         "1.0",
		"EventSubscriptionArn": s.arn,
		"Sns": map[string]any{
			"Type":              "Notification",
			"MessageId":         m.id,
			"TopicArn":          t.arn,
			"Subject":           subject,
			"Message":           m.body,
			"Timestamp":         c.now().Format(isoMillis),
			"SignatureVersion":  "1",
			"Signature":         "c2FuZGJveA==",
			"SigningCertUrl":    host + "SimpleNotificationService-sandbox.pem",
			"UnsubscribeUrl":    host + "?Action=Unsubscribe&SubscriptionArn=" + s.arn,
			"MessageAttributes": attrs,
		},
	}}}
}

const snsNamespace = "http://sns.amazonaws.com/doc/2010-03-31/"

func writeXML(w http.ResponseWriter, action string, result any) {
	id := newID()
	w.Header().Set("X-Amzn-RequestId", id)
	w.Header().Set("Content-Type", "text/xml")
	_, _ = io.WriteString(w, "<"+action+`Response xmlns="`+snsNamespace+`">`)
	_ = xml.NewEncoder(w).EncodeElement(result, xml.StartElement{Name: xml.Name{Local: action + "Result"}})
	_, _ = io.WriteString(w, "<ResponseMetadata><RequestId>"+id+"</RequestId></ResponseMetadata></"+action+"Response>")
}

func writeXMLError(w http.ResponseWriter, err error) {
	e := asError(err)
	fault := "Sender"
	if e.Status >= 500 {
		fault = "Receiver"
	}
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(e.Status)
	_ = xml.NewEncoder(w).Encode(struct {
		XMLName   xml.Name `xml:"http://sns.amazonaws.com/doc/2010-03-31/ ErrorResponse"`
		Type      string   `xml:"Error>Type"`
		Code      string   `xml:"Error>Code"`
		Message   string   `xml:"Error>Message"`
		RequestID string   `xml:"RequestId"`
	}{Type: fault, Code: e.Code, Message: e.Message, RequestID: newID()})
}

// sortedNames returns a map's keys in order.
func sortedNames[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for n := range m {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}
