package sandbox

import (
	"os"
	"strconv"
)

// environ is the whole environment of a function's process: what Lambda sets,
// then the sandbox's, then the function's own. Only PATH comes from outside.
func (e *environment) environ(api string) []string {
	f, o := e.fn, &e.fn.box.opts
	env := []string{
		"PATH=" + os.Getenv("PATH"),
		"LANG=en_US.UTF-8",
		"TZ=:UTC",
		"AWS_LAMBDA_RUNTIME_API=" + api,
		"AWS_LAMBDA_FUNCTION_NAME=" + f.Name,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=" + strconv.Itoa(f.MemoryMB),
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/" + f.Name,
		"AWS_LAMBDA_LOG_STREAM_NAME=" + o.Clock.Now().UTC().Format("2006/01/02") + "/[$LATEST]" + e.id,
		"AWS_REGION=" + o.Region,
		"AWS_DEFAULT_REGION=" + o.Region,
		"AWS_ACCESS_KEY_ID=sandbox",
		"AWS_SECRET_ACCESS_KEY=sandbox",
		"AWS_SESSION_TOKEN=sandbox",
		"LAMBDA_TASK_ROOT=" + f.Dir,
		"LAMBDA_RUNTIME_DIR=/var/runtime",
		"_HANDLER=" + f.Handler,
	}
	if f.Runtime != "" {
		env = append(env, "AWS_EXECUTION_ENV=AWS_Lambda_"+f.Runtime)
	}
	env = append(env, o.Env...)
	return append(env, f.Env...)
}
