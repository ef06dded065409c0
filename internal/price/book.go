// Package price knows what clouds charge: a dated list of prices by region, and the
// rules by which runs and requests become what is charged. It is data and
// arithmetic: it does not know transactions, free tiers, discounts, or what is
// billed by the hour.
package price

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"
)

// Item is something with a price.
type Item string

// The items of the list. Compute is charged per GB-second, everything else as its
// name says; a GB is 1,024 MB.
const (
	LambdaRequest     Item = "lambda.request"
	LambdaCompute     Item = "lambda.compute."     // + architecture
	LambdaProvisioned Item = "lambda.provisioned." // + architecture: while running; what is kept ready costs by the hour
	LambdaStorage     Item = "lambda.storage"      // ephemeral, beyond 512 MB
	LambdaRestore     Item = "lambda.snapstart.restore"
	SQSStandard       Item = "sqs.standard"
	SQSFIFO           Item = "sqs.fifo"
	SNSPublish        Item = "sns.publish"
	SNSHTTP           Item = "sns.http"
	EventBridgeEvent  Item = "eventbridge.event"
	DynamoDBWrite     Item = "dynamodb.write"
	DynamoDBRead      Item = "dynamodb.read"
	StatesTransition  Item = "states.transition"
	GatewayREST       Item = "apigateway.rest"
	GatewayHTTP       Item = "apigateway.http"
	GatewayWebSocket  Item = "apigateway.websocket"
	S3Write           Item = "s3.write"
	S3Read            Item = "s3.read"
	KinesisPut        Item = "kinesis.put"
)

// Fallback is the region whose prices stand in for those that the list does not have.
const Fallback = "us-east-1"

// Book is one list of prices. It does not change after it was read.
type Book struct {
	Date    string   // of the prices: 2026-10-01
	Sources []string // the pages they are published on
	prices  map[Item]entry
}

type entry struct {
	Per string             `json:"per"`
	USD map[string]float64 `json:"usd"` // by region
}

// Price is what one unit costs.
type Price struct {
	USD    float64
	Per    string // the unit
	Region string // whose price it is: the region asked for, or Fallback
}

//go:embed prices.json
var embedded []byte

// Default returns the list that is part of the program.
func Default() *Book {
	b, err := parse(bytes.NewReader(embedded))
	if err != nil {
		panic(err) // the tests read it
	}
	return b
}

// Over returns b with the prices of r in place of its own. r is a list of the same
// form, of any of the items, and of further regions; its date becomes that of all.
func (b *Book) Over(r io.Reader) (*Book, error) {
	top, err := parse(r)
	if err != nil {
		return nil, err
	}
	out := &Book{Date: top.Date, Sources: top.Sources, prices: maps.Clone(b.prices)}
	for item, e := range top.prices {
		under, ok := b.prices[item]
		if !ok {
			return nil, fmt.Errorf("price: nothing is called %q; there are %q", item, slices.Sorted(maps.Keys(b.prices)))
		}
		if e.Per != "" && e.Per != under.Per {
			return nil, fmt.Errorf("price: %s is charged per %s, not per %s", item, under.Per, e.Per)
		}
		merged := entry{Per: under.Per, USD: maps.Clone(under.USD)}
		maps.Copy(merged.USD, e.USD)
		out.prices[item] = merged
	}
	return out, nil
}

func parse(r io.Reader) (*Book, error) {
	var f struct {
		Date     string         `json:"date"`
		Currency string         `json:"currency"`
		Sources  []string       `json:"sources"`
		Prices   map[Item]entry `json:"prices"`
	}
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return nil, fmt.Errorf("price: read list: %w", err)
	}
	if _, err := time.Parse(time.DateOnly, f.Date); err != nil {
		return nil, fmt.Errorf("price: read list: date %q is not as 2026-10-01", f.Date)
	}
	if f.Currency != "USD" {
		return nil, fmt.Errorf("price: read list: currency is %q, only USD is known", f.Currency)
	}
	for item, e := range f.Prices {
		for region, usd := range e.USD {
			if !(usd >= 0 && usd < 1) { // per single unit, nothing costs a dollar
				return nil, fmt.Errorf("price: read list: %s in %s costs %v; a number from 0 to 1 is one unit's price", item, region, usd)
			}
		}
	}
	return &Book{Date: f.Date, Sources: f.Sources, prices: f.Prices}, nil
}

// Price returns what a unit of item costs in region, or in Fallback where the list
// does not say.
func (b *Book) Price(item Item, region string) (Price, bool) {
	e, ok := b.prices[item]
	if !ok {
		return Price{}, false
	}
	if usd, ok := e.USD[region]; ok {
		return Price{usd, e.Per, region}, true
	}
	usd, ok := e.USD[Fallback]
	return Price{usd, e.Per, Fallback}, ok
}

// Line is one line of a bill.
type Line struct {
	What     string // "Lambda compute"
	Formula  string
	USD      float64
	Region   string // whose price it is
	Estimate bool   // the quantity was not told
}

// line charges n units of item. quantity says n in words, or is "".
func (b *Book) line(what string, item Item, region string, n float64, quantity string) (Line, bool) {
	p, ok := b.Price(item, region)
	if !ok {
		return Line{}, false
	}
	if quantity == "" {
		quantity = number(n) + " " + plural(p.Per, n)
	}
	return Line{What: what, Formula: quantity + " × $" + number(p.USD) + "/" + p.Per, USD: n * p.USD, Region: p.Region}, true
}

// number writes f without an exponent and as short as it can.
func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func plural(unit string, n float64) string {
	if n == 1 || unit == "GB-s" || unit == "GB" {
		return unit
	}
	if unit == "delivery" {
		return "deliveries"
	}
	return unit + "s"
}
