// A device that enrolls and the server that it meets: one in the test's hands, which issues certificates for the requests it gets.

