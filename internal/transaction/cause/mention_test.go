package cause

import (
	"strings"
	"testing"
)

func TestMentions(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		var got string
		if ms := mentions(text); len(ms) > 0 {
			m := ms[0]
			got = [...]string{"missing", "type", "value"}[m.how] + " " + strings.Join(m.path, ".")
			if m.holder {
				got += " holder"
			}
			if m.value != "" {
				got += " =" + m.value
			}
		}
		if got != want {
			t.Errorf("%q tells %q, want %q", text, got, want)
		}
	}
	f("KeyError: 'user'", "missing user")
	f("KeyError: customer_id", "missing customer_id")
	f("key not found: :user (KeyError)", "missing user")
	f("The given key 'user' was not present in the dictionary.", "missing user")
	f(`Undefined array key "user"`, "missing user")
	f("missing field `user` at line 1 column 20", "missing user")
	f("'NoneType' object has no attribute 'name'", "missing name holder")
	f("'dict' object has no attribute 'name'", "missing name")
	f("'NoneType' object is not subscriptable", "missing  holder")
	f("TypeError: Cannot read properties of undefined (reading 'user')", "missing user holder")
	f("Cannot read property 'user' of undefined", "missing user holder")
	f("Cannot read properties of null (reading 'toFixed')", "missing  holder")
	f("undefined is not an object (evaluating 'order.user.name')", "missing order.user")
	f("can't access property \"name\", order.user is undefined", "missing order.user")
	f("TypeError: event.records is not iterable", "missing event.records")
	f(`Cannot invoke "com.acme.User.getName()" because "order.user" is null`, "missing user")
	f(`Cannot invoke "String.length()" because the return value of "com.acme.Order.getUser()" is null`, "missing User")
	f(`Cannot read field "name" because "<local4>.user" is null`, "missing user")
	f(`Cannot deserialize value of type int from String "abc": not a valid int (through reference chain: com.acme.Order["price"])`, "type price =abc")
	f("1 validation error for Order\nuser\n  Field required [type=missing, input_value={'id': 1}, input_type=dict]", "missing user")
	f("2 validation errors for Order\nlines.0.price\n  Input should be a valid number [type=float_parsing, input_value='x', input_type=str]", "type lines.price =x")
	f("data must have required property 'user'", "missing user")
	f("data.price must be number", "type price")
	f("data/price must be number", "type price")
	f("'user' is a required property", "missing user")
	f("'12' is not of type 'number'", "value  =12")
	f(`object has missing required properties (["user"])`, "missing user")
	f(`ValidationError: "email" is required`, "missing email")
	f(`"price" must be a number`, "type price")
	f(`[{"code":"invalid_type","expected":"string","received":"undefined","path":["user","email"],"message":"Required"}]`, "missing email")
	f("missing required field: user", "missing user")
	f("Missing required parameter 'user'", "missing user")
	f("handler() missing 1 required positional argument: 'user'", "missing user")
	f("email is required", "missing email")
	f("user must not be null", "missing user")
	f("user cannot be empty", "missing user")
	f("json: cannot unmarshal string into Go struct field Order.price of type float64", "type price")
	f(`json: unknown field "prize"`, "value prize")
	f(`strconv.Atoi: parsing "abc": invalid syntax`, "value  =abc")
	f("invalid literal for int() with base 10: 'unlimited'", "value  =unlimited")
	f(`For input string: "abc"`, "value  =abc")
	f(`null value in column "email" of relation "users" violates not-null constraint`, "missing email")
	f("Column 'email' cannot be null", "missing email")
	f("NOT NULL constraint failed: users.email", "missing email")
	f("Field 'email' doesn't have a default value", "missing email")
	f("One or more parameter values were invalid: Missing the key id in the item", "missing id")
	f(`invalid input syntax for type integer: "abc"`, "value  =abc")
	f("Incorrect integer value: 'abc' for column 'age' at row 1", "type age =abc")
	f(`insert violates foreign key: Key (user_id)=(5) is not present in table "users"`, "value user_id =5")
	f("Object reference not set to an instance of an object.", "missing  holder")
	f("undefined method 'name' for nil", "missing  holder")
	f("java.lang.NullPointerException", "missing  holder")
	f("amount must be positive", "type amount")
	f("no translation: missing property 'locale'", "missing locale")
	// none of these tells a field
	for _, text := range []string{"", "error", "HTTP 500", "connect ECONNREFUSED 10.0.0.1:5432", "Task timed out after 3.00 seconds", "Rate exceeded", "Access Denied",
		"getaddrinfo ENOTFOUND db.example", "context canceled", "CircuitBreaker 'x' is OPEN and does not permit further calls", "out of memory"} {
		f(text, "")
	}
}

func FuzzMentions(f *testing.F) {
	for _, s := range []string{"KeyError: 'user'", "of undefined (reading 'x')", `"path":["a","b"]`, "data.price must be number"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, m := range mentions(s) {
			if len(m.path) > len(s) {
				t.Errorf("%q tells the path %q", s, m.path)
			}
		}
	})
}
