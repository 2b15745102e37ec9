export {
  CertificateAuthority,
  type CertificateVariant,
  loopbackHosts,
  type ServerCertificate,
  writePrivate,
} from "./authority.js";
