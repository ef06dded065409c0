package signal

// ResourceKind says what sort of thing takes part in a transaction.
type ResourceKind string

// The kinds of resource.
const (
	Function ResourceKind = "function"
	Service  ResourceKind = "service" // container, host, process
	Gateway  ResourceKind = "gateway"
	Queue    ResourceKind = "queue"
	Topic    ResourceKind = "topic"
	Stream   ResourceKind = "stream"
	Bus      ResourceKind = "bus"
	Table    ResourceKind = "table"
	Database ResourceKind = "database"
	Cache    ResourceKind = "cache"
	Bucket   ResourceKind = "bucket"
	HTTPHost ResourceKind = "http"
	Unknown  ResourceKind = "unknown"
)

// Resource identifies anything that takes part: two mentions are the same thing
// exactly when all four fields are equal. Account and Region are empty where
// nobody said them.
type Resource struct {
	Kind                  ResourceKind
	Name, Account, Region string
}

// ServiceName returns the service.name of a resource, or "unknown_service" as
// OpenTelemetry's SDKs do.
func (a Attrs) ServiceName() string {
	if s := a.Text("service.name"); s != "" {
		return s
	}
	return "unknown_service"
}
