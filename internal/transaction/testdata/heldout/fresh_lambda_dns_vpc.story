# A function in a VPC without a route hangs on its first call until it is killed.
gateway vpc-gateway
function vpc-fn timeout=6
http secretsmanager.eu-west-1.amazonaws.com

0-6050 entry vpc-gateway "GET /" -> 504
  5-6040 invoke vpc-fn timedout served=10-6010
    fail "Task timed out after 6.00 seconds"
    30-… call secretsmanager.eu-west-1.amazonaws.com "POST /"

expect
  failure vpc-gateway
  cause secretsmanager.eu-west-1.amazonaws.com high
