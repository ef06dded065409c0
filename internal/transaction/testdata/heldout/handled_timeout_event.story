# The client span only records the exception it handled; its status is not set.
function enrich payloads=no
http geoip.example
stream visits
function segment payloads=no

0-2300 entry enrich "POST /visit" -> 200
  10-2010 call geoip.example "GET /ip"
    throw ReadTimeout "HTTPSConnectionPool(host='geoip.example', port=443): Read timed out. (read timeout=2)" handled
  2020-2040 send visits id=ht-1
    2100-2150 deliver segment
      2140 throw KeyError "'country'"

expect
  failure segment
  cause enrich medium|high
  headline "geoip.example"
