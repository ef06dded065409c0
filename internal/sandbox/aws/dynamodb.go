package aws

import (
	"context"
	"encoding/json"
	"sort"
	"sync"
)

type tables struct {
	mu     sync.Mutex // guards byName and everything in the tables
	byName map[string]*table
}

// value is one DynamoDB value as sent, such as {"S":"x"}.
type value = json.RawMessage

type item map[string]value

type table struct {
	name       string
	hash, sort string // attribute names; sort may be empty
	items      map[string]item
}

// CreateTable makes a table with a hash key and, if not empty, a sort key.
func (c *Cloud) CreateTable(name, hash, rangeKey string) error {
	c.tables.mu.Lock()
	defer c.tables.mu.Unlock()
	if c.tables.byName[name] != nil {
		return invalid("ResourceInUseException", "Table already exists: %s", name)
	}
	c.tables.byName[name] = &table{name: name, hash: hash, sort: rangeKey, items: map[string]item{}}
	return nil
}

func (c *Cloud) dynamoActions() map[string]jsonAction {
	return map[string]jsonAction{
		"CreateTable":   typed(c.dynamoCreateTable),
		"DescribeTable": typed(c.dynamoDescribeTable),
		"PutItem":       typed(c.dynamoPutItem),
		"GetItem":       typed(c.dynamoGetItem),
		"UpdateItem":    typed(c.dynamoUpdateItem),
		"Query":         typed(c.dynamoQuery),
	}
}

func (c *Cloud) tableLocked(name string) (*table, error) {
	if t := c.tables.byName[name]; t != nil {
		return t, nil
	}
	return nil, invalid("ResourceNotFoundException", "Requested resource not found: Table: %s not found", name)
}

type keySchema struct{ AttributeName, KeyType string }

type dynamoCreateInput struct {
	TableName string
	KeySchema []keySchema
}

func (c *Cloud) dynamoCreateTable(_ context.Context, in *dynamoCreateInput) (any, error) {
	var hash, rangeKey string
	for _, k := range in.KeySchema {
		if k.KeyType == "HASH" {
			hash = k.AttributeName
		} else {
			rangeKey = k.AttributeName
		}
	}
	if in.TableName == "" || hash == "" {
		return nil, invalid("ValidationException", "a table needs a name and a HASH key")
	}
	if err := c.CreateTable(in.TableName, hash, rangeKey); err != nil {
		return nil, err
	}
	return c.describe("TableDescription", in.TableName)
}

func (c *Cloud) dynamoDescribeTable(_ context.Context, in *struct{ TableName string }) (any, error) {
	return c.describe("Table", in.TableName)
}

func (c *Cloud) describe(field, name string) (any, error) {
	c.tables.mu.Lock()
	defer c.tables.mu.Unlock()
	t, err := c.tableLocked(name)
	if err != nil {
		return nil, err
	}
	keys := []keySchema{{t.hash, "HASH"}}
	if t.sort != "" {
		keys = append(keys, keySchema{t.sort, "RANGE"})
	}
	return map[string]any{field: map[string]any{
		"TableName": t.name, "TableStatus": "ACTIVE", "TableArn": c.arn("dynamodb", "table/"+t.name),
		"KeySchema": keys, "ItemCount": len(t.items),
	}}, nil
}

type dynamoPutInput struct {
	TableName           string
	Item                item
	ConditionExpression string
}

func (c *Cloud) dynamoPutItem(_ context.Context, in *dynamoPutInput) (any, error) {
	if in.ConditionExpression != "" {
		return nil, invalid("ValidationException", "the sandbox does not play ConditionExpression")
	}
	c.tables.mu.Lock()
	defer c.tables.mu.Unlock()
	t, err := c.tableLocked(in.TableName)
	if err != nil {
		return nil, err
	}
	k, err := t.key(in.Item)
	if err != nil {
		return nil, err
	}
	t.items[k] = in.Item
	return struct{}{}, nil
}

type dynamoGetInput struct {
	TableName string
	Key       item
}

func (c *Cloud) dynamoGetItem(_ context.Context, in *dynamoGetInput) (any, error) {
	c.tables.mu.Lock()
	defer c.tables.mu.Unlock()
	t, err := c.tableLocked(in.TableName)
	if err != nil {
		return nil, err
	}
	k, err := t.key(in.Key)
	if err != nil {
		return nil, err
	}
	if it, ok := t.items[k]; ok {
		return map[string]any{"Item": it}, nil
	}
	return struct{}{}, nil
}

type dynamoUpdateInput struct {
	TableName                 string
	Key                       item
	UpdateExpression          string
	ConditionExpression       string
	ReturnValues              string
	ExpressionAttributeNames  map[string]string
	ExpressionAttributeValues item
}

func (c *Cloud) dynamoUpdateItem(_ context.Context, in *dynamoUpdateInput) (any, error) {
	if in.ConditionExpression != "" {
		return nil, invalid("ValidationException", "the sandbox does not play ConditionExpression")
	}
	sets, err := parseSet(in.UpdateExpression, in.ExpressionAttributeNames, in.ExpressionAttributeValues)
	if err != nil {
		return nil, err
	}
	c.tables.mu.Lock()
	defer c.tables.mu.Unlock()
	t, err := c.tableLocked(in.TableName)
	if err != nil {
		return nil, err
	}
	k, err := t.key(in.Key)
	if err != nil {
		return nil, err
	}
	it := item{}
	for _, from := range []item{t.items[k], in.Key} {
		for name, v := range from {
			it[name] = v
		}
	}
	for _, s := range sets {
		if s.name == t.hash || s.name == t.sort {
			return nil, invalid("ValidationException", "Cannot update attribute %s. This attribute is part of the key", s.name)
		}
		it[s.name] = s.value
	}
	t.items[k] = it
	if in.ReturnValues == "ALL_NEW" {
		return map[string]any{"Attributes": it}, nil
	}
	return struct{}{}, nil
}

type dynamoQueryInput struct {
	TableName, IndexName, FilterExpression string
	KeyConditionExpression                 string
	ExpressionAttributeNames               map[string]string
	ExpressionAttributeValues              item
	Limit                                  int
	ScanIndexForward                       *bool
}

func (c *Cloud) dynamoQuery(_ context.Context, in *dynamoQueryInput) (any, error) {
	if in.IndexName != "" || in.FilterExpression != "" {
		return nil, invalid("ValidationException", "the sandbox does not play IndexName and FilterExpression")
	}
	want, err := parseEquals(in.KeyConditionExpression, in.ExpressionAttributeNames, in.ExpressionAttributeValues)
	if err != nil {
		return nil, err
	}
	c.tables.mu.Lock()
	defer c.tables.mu.Unlock()
	t, err := c.tableLocked(in.TableName)
	if err != nil {
		return nil, err
	}
	hashed := false
	for _, w := range want {
		hashed = hashed || w.name == t.hash
		if w.name != t.hash && w.name != t.sort {
			return nil, invalid("ValidationException", "Query condition missed key schema element: %s", w.name)
		}
	}
	if !hashed {
		return nil, invalid("ValidationException", "Query condition missed key schema element: %s", t.hash)
	}
	found := t.match(want)
	if f := in.ScanIndexForward; f != nil && !*f {
		for i, j := 0, len(found)-1; i < j; i, j = i+1, j-1 {
			found[i], found[j] = found[j], found[i]
		}
	}
	if in.Limit > 0 && len(found) > in.Limit {
		found = found[:in.Limit]
	}
	return map[string]any{"Items": found, "Count": len(found), "ScannedCount": len(found)}, nil
}

// match returns the items whose attributes equal want, in the order of the key's
// text; numbers as sort keys are ordered as text too.
func (t *table) match(want []assignment) []item {
	found := []item{}
	keys := make([]string, 0, len(t.items))
	for k := range t.items {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		same := true
		for _, w := range want {
			same = same && canonical(t.items[k][w.name]) == canonical(w.value)
		}
		if same {
			found = append(found, t.items[k])
		}
	}
	return found
}

// key is the text an item is kept under.
func (t *table) key(it item) (string, error) {
	k := canonical(it[t.hash])
	if k == "" {
		return "", invalid("ValidationException", "One of the required keys was not given a value: %s", t.hash)
	}
	if t.sort == "" {
		return k, nil
	}
	s := canonical(it[t.sort])
	if s == "" {
		return "", invalid("ValidationException", "One of the required keys was not given a value: %s", t.sort)
	}
	return k + "\x00" + s, nil
}

// canonical is equal for equal key values, and empty for anything that is none.
func canonical(v value) string {
	var typed map[string]string
	if json.Unmarshal(v, &typed) != nil || len(typed) != 1 {
		return ""
	}
	for kind, text := range typed {
		if (kind == "S" || kind == "N" || kind == "B") && text != "" {
			return kind + ":" + text
		}
	}
	return ""
}
