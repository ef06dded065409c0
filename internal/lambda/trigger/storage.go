package trigger

import (
	"net/url"
	"slices"

	"clew/internal/signal"
)

// This file is notifications of things that changed: S3, CodeCommit, IoT.

var s3 = Parser{Name: "s3", Match: source("aws:s3"), Parse: func(e Event) Cause {
	return batch(s3Resource(e), e.at("Records").list(), s3Record)
}}

func s3Resource(e Event) signal.Resource {
	r := e.at("Records").first()
	return signal.Resource{Kind: signal.Bucket, Name: r.text("s3", "bucket", "name"), Region: r.text("awsRegion")}
}

func s3Record(r Event) Record {
	out := Record{Sent: r.stamp("eventTime")}
	if id := r.text("responseElements", "x-amz-request-id"); id != "" {
		out.Keys = append(out.Keys, key(signal.KeyS3Request, id))
	}
	object := r.text("s3", "object", "key") // as in a form: "+" is a space
	if plain, err := url.QueryUnescape(object); err == nil {
		object = plain
	}
	if etag := r.text("s3", "object", "eTag"); etag != "" {
		out.Keys = append(out.Keys, key(signal.KeyS3Object, r.text("s3", "bucket", "name")+"/"+object+"@"+etag))
	}
	return out
}

var codeCommit = Parser{Name: "codecommit", Match: source("aws:codecommit"), Parse: func(e Event) Cause {
	records := e.at("Records").list()
	return batch(resourceOf(signal.Unknown, records[0].text("eventSourceARN")), records, func(r Event) Record {
		return Record{Sent: r.stamp("eventTime")}
	})
}}

// iot matches AWS IoT buttons and rules that keep the topic in the message.
var iot = Parser{
	Name: "iot",
	Match: func(e Event) bool {
		return e.has("deviceInfo", "deviceId") && e.has("deviceEvent") || e.text("clickType") != "" && e.text("serialNumber") != ""
	},
	Parse: func(e Event) Cause {
		device := e.text("deviceInfo", "deviceId")
		if device == "" {
			device = e.text("serialNumber")
		}
		return Cause{Resource: signal.Resource{Kind: signal.Topic, Name: device}, Async: true, Records: []Record{{Parent: headers(e).parent()}}}
	},
}

// sortedMembers gives the values of an object in the order of their names.
func sortedMembers(e Event) []Event {
	m := e.members()
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	out := make([]Event, len(names))
	for i, name := range names {
		out[i] = Event{m[name]}
	}
	return out
}
