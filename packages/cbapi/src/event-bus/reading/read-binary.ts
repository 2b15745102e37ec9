import type { SensorMessage } from "../sensor-events/types.js";
import { number, text } from "./message-values.js";

/** What a sensor has read of a binary. Its hashes come as text already. */
export function binaryInfo(part: SensorMessage) {
  return {
    type: "ingress.event.module",
    event_type: "binary_info",
    md5: text(part["md5"])?.toUpperCase(),
    sha256: text(part["sha256"])?.toUpperCase(),
    size: number(part["OriginalModuleLength"]),
    copied_module_length: number(part["CopiedModuleLength"]),
    digsig: {
      result: text(part["utf8_DigSig_Result"]),
      publisher: text(part["utf8_DigSig_Publisher"]),
      program_name: text(part["utf8_DigSig_ProgramName"]),
      issuer_name: text(part["utf8_DigSig_IssuerName"]),
      subject_name: text(part["utf8_DigSig_SubjectName"]),
      result_code: text(part["utf8_DigSig_ResultCode"]),
      sign_time: text(part["utf8_DigSig_SignTime"]),
    },
    icon: part["Icon"],
    image_file_header: part["ImageFileHeader"],
    file_description: text(part["utf8_FileDescription"]),
    company_name: text(part["utf8_CompanyName"]),
    product_name: text(part["utf8_ProductName"]),
    file_version: text(part["utf8_FileVersion"]),
    comments: text(part["utf8_Comments"]),
    legal_copyright: text(part["utf8_LegalCopyright"]),
    legal_trademark: text(part["utf8_LegalTrademark"]),
    internal_name: text(part["utf8_InternalName"]),
    original_file_name: text(part["utf8_OriginalFileName"]),
    product_description: text(part["utf8_ProductDescription"]),
    product_version: text(part["utf8_ProductVersion"]),
    private_build: text(part["utf8_PrivateBuild"]),
    special_build: text(part["utf8_SpecialBuild"]),
    on_disk_filename: text(part["utf8_OnDiskFilename"]),
  };
}
