package issue

import (
	"strings"
)

// frame is one line of a stack.
type frame struct {
	function string // without arguments, generated numbers and modifiers
	file     string
	own      bool // of the application, not of its platform or libraries
}

// maxStackLines bounds how much of a stack is read.
const maxStackLines = 400

// frames reads a stack of Node, Python, Java, Go, .NET or Ruby, innermost first,
// and the types of exceptions it says were wrapped.
func frames(stack string) (all []frame, wrapped []string) {
	var pythonBlock []frame
	goFunction := ""
	lines := strings.Split(stack, "\n")
	for i, line := range lines[:min(len(lines), maxStackLines)] {
		text := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(text, "Traceback (most recent call last)"):
			// Of chained tracebacks the last is the one that was thrown.
			pythonBlock = pythonBlock[:0]
		case strings.HasPrefix(text, `File "`):
			if f, ok := pythonFrame(text); ok {
				pythonBlock = append(pythonBlock, f)
			}
		case strings.HasPrefix(text, "Caused by: "):
			wrapped = append(wrapped, exceptionType(text[len("Caused by: "):]))
		case strings.HasPrefix(text, "---> "):
			wrapped = append(wrapped, exceptionType(text[len("---> "):]))
		case strings.HasPrefix(text, "[cause]: "):
			wrapped = append(wrapped, exceptionType(text[len("[cause]: "):]))
		case strings.HasPrefix(text, "at "):
			if len(wrapped) > 0 && isJavaFrame(text) {
				continue // of the causes only their types count
			}
			if f, ok := atFrame(text[len("at "):]); ok {
				all = append(all, f)
			}
		case strings.HasPrefix(line, "\t") && strings.Contains(text, ".go:") && goFunction != "":
			all = append(all, goFrame(goFunction, text))
		case strings.Contains(text, ":in `") || strings.Contains(text, ":in '"):
			if f, ok := rubyFrame(strings.TrimPrefix(text, "from ")); ok {
				all = append(all, f)
			}
		case strings.HasPrefix(text, "goroutine ") && len(all) > 0:
			return all, wrapped // of several goroutines the first is the one that failed
		case i > 0 && strings.Contains(text, " ---> "):
			wrapped = append(wrapped, exceptionType(text[strings.LastIndex(text, " ---> ")+len(" ---> "):]))
		}
		goFunction = ""
		if strings.HasSuffix(text, ")") && !strings.HasPrefix(text, "at ") && !strings.HasPrefix(line, " ") {
			goFunction = text
		}
	}
	for i := len(pythonBlock) - 1; i >= 0; i-- {
		all = append(all, pythonBlock[i])
	}
	return all, wrapped
}

// place is where a failure was thrown, in the nearest code of the application, as
// "file function"; else in the nearest code at all; else nowhere.
func place(all []frame) string {
	for _, own := range []bool{true, false} {
		for _, f := range all {
			if f.own == own && f.file+f.function != "" {
				return strings.TrimSpace(f.file + " " + f.function)
			}
		}
	}
	return ""
}

// exceptionType is the type at the beginning of "Type: message".
func exceptionType(text string) string {
	text, _, _ = strings.Cut(text, ":")
	text, _, _ = strings.Cut(strings.TrimSpace(text), " ")
	return strings.TrimSpace(text)
}

func pythonFrame(text string) (f frame, ok bool) {
	file, rest, ok := strings.Cut(text[len(`File "`):], `"`)
	if !ok {
		return f, false
	}
	_, function, _ := strings.Cut(rest, ", in ")
	f.own = !isLibrary(file, pythonLibraries)
	f.file = baseFile(file)
	if function = strings.TrimSpace(function); !strings.HasPrefix(function, "<") {
		f.function = function
	}
	return f, true
}

var pythonLibraries = []string{"site-packages/", "dist-packages/", "/lib/python", "/var/runtime/", "/var/lang/", "<frozen ", "<string>", "/opt/python/"}

// atFrame reads the lines of Node, Java and .NET, which all begin with "at".
func atFrame(text string) (frame, bool) {
	switch {
	case isJavaFrame(text):
		return javaFrame(text), true
	case isNetFrame(text):
		return netFrame(text), true
	}
	return nodeFrame(text)
}

func isJavaFrame(text string) bool {
	open := strings.LastIndexByte(text, '(')
	if open < 0 || !strings.HasSuffix(text, ")") {
		return false
	}
	in := text[open+1 : len(text)-1]
	return in == "Native Method" || in == "Unknown Source" || in == "<generated>" ||
		strings.Contains(in, ".java") || strings.Contains(in, ".kt") || strings.Contains(in, ".scala") || strings.Contains(in, ".groovy")
}

func javaFrame(text string) frame {
	text = strings.TrimPrefix(text, "at ")
	name := text[:strings.LastIndexByte(text, '(')]
	if i := strings.LastIndexByte(name, '/'); i >= 0 { // java.base/java.util…, app//com.example…
		name = name[i+1:]
	}
	own := !hasAnyPrefix(name, javaLibraries) && !strings.Contains(name, "$Proxy") && !strings.Contains(name, "GeneratedMethodAccessor")
	return frame{function: stripGenerated(name), own: own}
}

var javaLibraries = []string{
	"java.", "javax.", "jdk.", "sun.", "com.sun.", "jakarta.", "kotlin.", "kotlinx.", "scala.", "groovy.", "akka.", "io.netty.", "io.micronaut.", "io.quarkus.",
	"io.vertx.", "io.opentelemetry.", "io.grpc.", "io.lettuce.", "reactor.", "redis.clients.", "net.bytebuddy.", "okhttp3.", "retrofit2.", "feign.", "lombok.",
	"com.amazonaws.", "software.amazon.", "com.fasterxml.", "com.google.", "com.mysql.", "com.mongodb.", "com.zaxxer.", "org.springframework.", "org.apache.",
	"org.hibernate.", "org.postgresql.", "org.eclipse.", "org.slf4j.", "org.junit.", "lambdainternal.", "com.epsagon.", "com.instana.",
}

// isNetFrame accepts "Ns.Type.Method(Arg a)" with or without " in path:line n".
func isNetFrame(text string) bool {
	open := strings.IndexByte(text, '(')
	if open <= 0 {
		return false
	}
	if strings.Contains(text, ":line ") {
		return true
	}
	name := text[:open]
	return strings.Count(name, ".") >= 1 && !strings.ContainsAny(name, " /:") && strings.HasSuffix(text, ")") && !strings.Contains(text[open:], ":")
}

func netFrame(text string) frame {
	name := text[:strings.IndexByte(text, '(')]
	return frame{function: stripGenerated(name), own: !hasAnyPrefix(name, netLibraries)}
}

var netLibraries = []string{
	"System.", "Microsoft.", "Amazon.", "AWSSDK.", "Newtonsoft.", "Npgsql.", "MySql.", "MongoDB.", "StackExchange.", "Polly.", "Dapper.", "OpenTelemetry.", "Grpc.", "Serilog.", "Epsagon.", "lambda_method",
}

// nodeFrame reads "fn (file:1:2)" and "file:1:2".
func nodeFrame(text string) (f frame, ok bool) {
	file := text
	if open := strings.LastIndex(text, " ("); open >= 0 && strings.HasSuffix(text, ")") {
		f.function = nodeFunction(text[:open])
		file = text[open+2 : len(text)-1]
	} else {
		file = strings.TrimPrefix(file, "async ")
	}
	if !strings.Contains(file, ":") && file != "<anonymous>" && file != "native" {
		return f, false
	}
	f.own = !isLibrary(file, nodeLibraries) && file != "<anonymous>" && file != "native"
	f.file = baseFile(cutPosition(file))
	return f, true
}

var nodeLibraries = []string{"node_modules/", "node:", "internal/", "/var/runtime/", "/opt/nodejs/", "webpack/bootstrap", "webpack/runtime", "(internal"}

// nodeFunction takes off what the engine adds and what a minifier chose.
func nodeFunction(name string) string {
	name, _, _ = strings.Cut(name, " [as ")
	for _, p := range []string{"async ", "new ", "Promise.all (index", "process.", "Object.", "Module.", "Runtime.", "exports.", "module.exports."} {
		name = strings.TrimPrefix(name, p)
	}
	name = strings.ReplaceAll(strings.ReplaceAll(name, ".<anonymous>", ""), "<anonymous>", "")
	if len(name) <= 2 || strings.HasPrefix(name, "eval") {
		return ""
	}
	return stripGenerated(name)
}

// cutPosition takes line and column off.
func cutPosition(file string) string {
	for range 2 {
		if i := strings.LastIndexByte(file, ':'); i > 0 && i+1 < len(file) && strings.Trim(file[i+1:], "0123456789") == "" {
			file = file[:i]
		}
	}
	return file
}

// goFrame reads "pkg/path.(*T).Method(0x1, …)" and "\t/path/file.go:12 +0x1d".
func goFrame(function, file string) frame {
	if i := strings.LastIndexByte(function, '('); i > 0 {
		function = function[:i]
	}
	file, _, _ = strings.Cut(file, ".go:")
	own := !isLibrary(file, goLibraries) && !strings.Contains(file, "@v") && !strings.HasPrefix(function, "runtime.") && !strings.HasPrefix(function, "panic")
	if first, _, _ := strings.Cut(file, "/"); first != "" && isGoStandard(first) {
		own = false
	}
	function = function[strings.LastIndexByte(function, '/')+1:]
	return frame{function: stripGenerated(function), file: baseFile(file), own: own}
}

var goLibraries = []string{"/go/src/", "/go/pkg/mod/", "/pkg/mod/", "/vendor/", "libexec/src/", "/goroot/"}

// isGoStandard tells, in builds with -trimpath, packages of the standard library.
func isGoStandard(first string) bool {
	return strings.Contains(" bufio bytes cmp compress container context crypto database encoding errors fmt hash html io iter log maps math mime net os path reflect regexp runtime slices sort strconv strings sync syscall testing text time unicode ", " "+first+" ")
}

// rubyFrame reads "file.rb:12:in `method'".
func rubyFrame(text string) (f frame, ok bool) {
	at := strings.Index(text, ":in ")
	if at < 0 {
		return f, false
	}
	file := cutPosition(text[:at])
	name := strings.Trim(strings.TrimSpace(text[at+len(":in "):]), "`'")
	if i := strings.LastIndex(name, " in "); i >= 0 { // block in perform
		name = name[i+len(" in "):]
	}
	f.own = !isLibrary(file, rubyLibraries)
	f.file = baseFile(file)
	f.function = stripGenerated(name)
	return f, !strings.ContainsAny(file, " \t")
}

var rubyLibraries = []string{"/gems/", "/lib/ruby/", "<internal:", "/var/runtime/", "/var/lang/", "/opt/ruby/"}

func isLibrary(file string, marks []string) bool {
	for _, m := range marks {
		if strings.Contains(file, m) {
			return true
		}
	}
	return false
}

func hasAnyPrefix(s string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// baseFile is the file's name without folders, extension and the hash that a
// bundler put in: main.3f2a1b9c.js is main.
func baseFile(file string) string {
	file = strings.ReplaceAll(file, `\`, "/")
	file, _, _ = strings.Cut(file, "?")
	file = file[strings.LastIndexByte(file, '/')+1:]
	for _, ext := range []string{".js", ".mjs", ".cjs", ".ts", ".tsx", ".jsx", ".py", ".rb", ".go", ".cs"} {
		file = strings.TrimSuffix(file, ext)
	}
	var kept []string
	for _, p := range strings.FieldsFunc(file, func(r rune) bool { return r == '.' || r == '-' }) {
		if !isHex(p) && !isMixed(p) && p != "min" && p != "bundle" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, ".")
}

// isMixed accepts the hashes of bundlers: eight or more characters with digits among letters.
func isMixed(p string) bool {
	return len(p) >= 8 && strings.ContainsAny(p, "0123456789") && strings.Trim(p[1:], "0123456789") != "" && isDigitInside(p)
}

func isDigitInside(p string) bool {
	letters := strings.TrimRight(p, "0123456789")
	return strings.ContainsAny(letters, "0123456789")
}

// stripGenerated takes out of a function's name what compilers number: func1,
// lambda$handle$3, $$Lambda$14/0x…, d__12, __DisplayClass5_0, b__0, `1.
func stripGenerated(name string) string {
	if i := strings.Index(name, "$$"); i >= 0 { // …$$Lambda$…, …$$EnhancerBy…
		rest := name[i:]
		name = name[:i]
		if dot := strings.LastIndexByte(rest, '.'); dot >= 0 {
			name += rest[dot:]
		}
	}
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		if isDigit(name[i]) && (i == 0 || !isDigit(name[i-1])) && endsNumber(name, i) {
			for i+1 < len(name) && isDigit(name[i+1]) {
				i++
			}
			continue
		}
		b.WriteByte(name[i])
	}
	return strings.TrimRight(b.String(), "$_`")
}

// endsNumber reports whether the number at i is one that a compiler gave: behind a
// mark or "func", and before the end or a mark.
func endsNumber(name string, i int) bool {
	end := i
	for end < len(name) && isDigit(name[end]) {
		end++
	}
	if end < len(name) && isLetter(name[end]) {
		return false
	}
	before := name[:i]
	return i == 0 || !isLetter(name[i-1]) || strings.HasSuffix(before, "func") || strings.HasSuffix(before, "DisplayClass")
}
