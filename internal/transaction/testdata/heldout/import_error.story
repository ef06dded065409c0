# The deployment lacks a module.
gateway mod-gateway
function moduleless

0-100 entry mod-gateway "GET /" -> 502
  5-90 invoke moduleless cold
    20 throw Runtime.ImportModuleError "Unable to import module 'app': No module named 'requests'"

expect
  failure mod-gateway
  cause moduleless high|medium
