# A setting is missing in the environment.
function env-fn

0-60 timer env-fn
  10 throw KeyError "'TABLE_NAME'" code="table = os.environ['TABLE_NAME']"

expect
  failure env-fn
  cause env-fn high|medium
