import { generate } from 'selfsigned'
import { randomUUID, X509Certificate } from 'node:crypto'

/** A new self-signed certificate of this machine, which clients trust as its own authority: PEM texts, its serial number and its end. */
export function newCertificate() {
  return new Promise((resolve, reject) => {
    // a name of its own: of two authorities of one name, clients look at one only
    generate([{ name: 'commonName', value: randomUUID() }], {
      keySize: 2048,
      algorithm: 'sha256',
      days: 2,
      extensions: [
        { name: 'basicConstraints', cA: true },
        { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }, { type: 7, ip: '127.0.0.1' }] },
      ],
    }, (err, made) => {
      if (err) return reject(err)
      const { serialNumber: serial, validTo } = new X509Certificate(made.cert)
      resolve({ key: made.private, cert: made.cert, serial, ends: new Date(validTo) })
    })
  })
}
