# A native library takes the process down; the caller sees 502.
gateway pdf-gateway
function render-pdf

0-800 entry pdf-gateway "POST /pdf" -> 502
  5-790 invoke render-pdf crashed
    10-400 do "layout"

expect
  failure pdf-gateway
  cause render-pdf high|medium
  headline "crashed"
