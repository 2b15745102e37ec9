export {
  CertificateAuthority,
  type CertificateVariant,
  loopbackHosts,
  makeKey,
  type ServerCertificate,
  writePrivate,
} from "./authority.js";
