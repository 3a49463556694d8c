package synth

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"math/big"
	"math/rand/v2"
)

// The key has many short primes: it signs ten times as fast as a real one, which a million of
// signatures need, and verifying it costs the same. As a secret it is worth nothing.
const (
	primes    = 8
	primeBits = 256
	exponent  = 65537
)

// Key signs as Alipay does.
type Key struct {
	modulus *big.Int
	parts   []part
}

// part is one prime with the exponent that belongs to it, and what its root counts in the whole.
type part struct{ prime, exponent, weight *big.Int }

// NewKey makes a key; from the same chance the same.
func NewKey(chance *rand.Rand) *Key {
	k := &Key{modulus: big.NewInt(1)}
	e, one := big.NewInt(exponent), big.NewInt(1)
	for len(k.parts) < primes {
		p := prime(chance)
		d := new(big.Int).ModInverse(e, new(big.Int).Sub(p, one))
		if d == nil || new(big.Int).Mod(k.modulus, p).Sign() == 0 {
			continue
		}
		k.modulus.Mul(k.modulus, p)
		k.parts = append(k.parts, part{prime: p, exponent: d})
	}
	for i, one := range k.parts {
		rest := new(big.Int).Div(k.modulus, one.prime)
		k.parts[i].weight = rest.Mul(rest, new(big.Int).ModInverse(rest, one.prime))
	}
	return k
}

// prime has its four highest bits set, so that the product of all has every bit that it should.
func prime(chance *rand.Rand) *big.Int {
	for {
		var bytes [primeBits / 8]byte
		for i := 0; i < len(bytes); i += 8 {
			binary.BigEndian.PutUint64(bytes[i:], chance.Uint64())
		}
		bytes[0] |= 0xf0
		bytes[len(bytes)-1] |= 1
		if p := new(big.Int).SetBytes(bytes[:]); p.ProbablyPrime(20) {
			return p
		}
	}
}

// digestInfo is what PKCS #1 puts before a SHA-256.
var digestInfo = []byte{0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20}

// Sign returns the signature of a text under RSA2, in base64.
func (k *Key) Sign(text []byte) string {
	size := primes * primeBits / 8
	padded := make([]byte, size)
	for i := range padded {
		padded[i] = 0xff
	}
	sum := sha256.Sum256(text)
	info := size - len(sum) - len(digestInfo)
	padded[0], padded[1], padded[info-1] = 0, 1, 0
	copy(padded[info:], digestInfo)
	copy(padded[size-len(sum):], sum[:])
	whole, number := new(big.Int), new(big.Int).SetBytes(padded)
	for _, one := range k.parts {
		root := new(big.Int).Mod(number, one.prime)
		root.Exp(root, one.exponent, one.prime)
		whole.Add(whole, root.Mul(root, one.weight))
	}
	return base64.StdEncoding.EncodeToString(whole.Mod(whole, k.modulus).FillBytes(padded))
}

// Public returns the key that verifies.
func (k *Key) Public() *rsa.PublicKey { return &rsa.PublicKey{N: k.modulus, E: exponent} }

// PublicPEM returns the key that verifies as a file has it.
func (k *Key) PublicPEM() ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(k.Public())
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), err
}
