// There is no assembly here. That there is a file of it lets go vet accept functions without a body, which TinyGo has.
