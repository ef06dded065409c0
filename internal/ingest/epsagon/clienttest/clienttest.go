// Package clienttest proves the Epsagon door with Epsagon's own tracers for
// Node.js and Python: functions that they wrap run in the sandbox, call each
// other through its SNS and SQS, fail and time out. The tests need what
// scripts/install-clients installs and the build tag clients.
package clienttest
