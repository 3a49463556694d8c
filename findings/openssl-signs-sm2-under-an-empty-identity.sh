#!/usr/bin/env bash
# OpenSSL 3 (3.0.22 here) and github.com/emmansun/gmsm v0.44.0: an SM2 signature that is made
# without saying whose, by the one, is not valid for the other.
#
# What SM2 signs begins with a hash of the signer's identity. The standard's default for it is
# 1234567812345678, and platforms that take SM2 (Alipay among them) use no other. `openssl dgst`
# and `openssl pkeyutl` without the option `distid` take an identity of length 0 instead, say
# nothing about it, and verify their own signatures happily. The Go library takes both nil and an
# empty slice for the default, so its verifying functions can't be told to accept such a
# signature; only the digest with the empty identity, calculated by hand, fits it. Who tries a
# key with openssl at a terminal sees "Verified Successfully" and is refused by everybody else.
#
# Seen: "openssl verifies its own: yes; default identity: no; empty identity given: no; digest of
# the empty identity: yes; with distid: yes". Fails when that changes.
set -euo pipefail
place="$(mktemp -d)"
trap 'chmod -R u+w "$place"; rm -rf "$place"' EXIT
cd "$place"
openssl version
openssl genpkey -algorithm SM2 -out key.pem 2>/dev/null
openssl pkey -in key.pem -pubout -out public.pem
printf 'a text to sign' >text
openssl dgst -sm3 -sign key.pem -out unsaid text
openssl dgst -sm3 -sign key.pem -sigopt distid:1234567812345678 -out said text
printf 'module finding\n\ngo 1.25\n' >go.mod
cat >main.go <<'GO'
package main

import (
	"crypto/ecdsa"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm3"
	"github.com/emmansun/gmsm/smx509"
)

func read(name string) []byte {
	content, err := os.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return content
}

func word(valid bool) string {
	if valid {
		return "yes"
	}
	return "no"
}

// emptyIdentity is the hash of an identity of 0 bits, the curve and the key.
func emptyIdentity(public *ecdsa.PublicKey) []byte {
	curve := public.Params()
	a := new(big.Int).Sub(curve.P, big.NewInt(3))
	hash := sm3.New()
	hash.Write([]byte{0, 0})
	for _, number := range []*big.Int{a, curve.B, curve.Gx, curve.Gy, public.X, public.Y} {
		hash.Write(number.FillBytes(make([]byte, 32)))
	}
	return hash.Sum(nil)
}

func main() {
	block, _ := pem.Decode(read("public.pem"))
	key, err := smx509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		panic(err)
	}
	public, text := key.(*ecdsa.PublicKey), read("text")
	standard := []byte("1234567812345678")
	digest := sm3.Sum(append(emptyIdentity(public), text...))
	fmt.Printf("default identity: %s; empty identity given: %s; digest of the empty identity: %s; with distid: %s\n",
		word(sm2.VerifyASN1WithSM2(public, standard, text, read("unsaid"))),
		word(sm2.VerifyASN1WithSM2(public, []byte{}, text, read("unsaid"))),
		word(sm2.VerifyASN1(public, digest[:], read("unsaid"))),
		word(sm2.VerifyASN1WithSM2(public, standard, text, read("said"))))
}
GO
go get github.com/emmansun/gmsm/sm2@v0.44.0 2>/dev/null
own=no
openssl pkeyutl -verify -pubin -inkey public.pem -rawin -digest sm3 -in text -sigfile unsaid >/dev/null && own=yes
seen="openssl verifies its own: $own; $(go run .)"
echo "$seen"
[ "$seen" = "openssl verifies its own: yes; default identity: no; empty identity given: no; digest of the empty identity: yes; with distid: yes" ]
