
ï¼¾ÜÎºŒƒªÛ"
lightstep.hostnameorders-1"#
lightstep.tracer_platformpython"+
!lightstep.tracer_platform_version3.11.7"!
lightstep.tracer_version4.4.8")
lightstep.component_namepython-orders""
lightstep.guiddb540c63a9d71f3c
tokenë
ã‰¨„¸©Â¢ŒŒ°ßğÉ¯mreserve Å¾luÅ¥ ğŸ§µ
ÉáëÄ„õğĞ^"ìÍ†Øìß‹©(42
	span.kindclient2
peer.servicestock2
errorTrue:d
ìÍ†Øˆì©
eventerror

error.kindTimeout
messagestock did not answer
attempt2”
ã‰¨„¸©Â¢ÉáëÄ„õğĞ^POST /orders"ìÍ†Ø¹õ†©(ë2
	span.kindserver2
http.status_code2002.
http.request.bodyuser=ada&password=hunter2B
ã‰¨„¸©Â¢¥¤î†©¢ŠØ	send mail
ÉáëÄ„õğĞ^"ìÍ†Øİ‹©(®