import type { Product } from "./product.js";

const MICROSOFT_ISSUER = "Microsoft Windows Production PCA 2011";
const DIGICERT = "DigiCert Trusted G4 Code Signing RSA4096 SHA384 2021 CA1";

/** What runs on the Windows hosts of the generated organisation. */
export const windowsProducts: readonly Product[] = [
  {
    key: "windows",
    os: "Windows",
    name: "Microsoft® Windows® Operating System",
    company: "Microsoft Corporation",
    version: "10.0.19041.3636",
    publisher: "Microsoft Windows",
    issuer: MICROSOFT_ISSUER,
    directory: "c:\\windows\\system32",
    stem: "ms",
    programs: `ntoskrnl.exe:NT Kernel & System|smss.exe:Windows Session Manager|csrss.exe:Client Server Runtime Process
|wininit.exe:Windows Start-Up Application|services.exe:Services and Controller app|lsass.exe:Local Security Authority Process
|winlogon.exe:Windows Logon Application|fontdrvhost.exe:Usermode Font Driver Host|dwm.exe:Desktop Window Manager
|svchost.exe:Host Process for Windows Services|spoolsv.exe:Spooler SubSystem App|userinit.exe:Userinit Logon Application
|c:\\windows\\explorer.exe:Windows Explorer|sihost.exe:Shell Infrastructure Host|taskhostw.exe:Host Process for Windows Tasks
|ctfmon.exe:CTF Loader|runtimebroker.exe:Runtime Broker|searchindexer.exe:Microsoft Windows Search Indexer
|searchprotocolhost.exe:Microsoft Windows Search Protocol Host|searchfilterhost.exe:Microsoft Windows Search Filter Host
|backgroundtaskhost.exe:Background Task Host|dllhost.exe:COM Surrogate|conhost.exe:Console Window Host
|cmd.exe:Windows Command Processor|notepad.exe:Notepad|taskmgr.exe:Task Manager|mmc.exe:Microsoft Management Console
|net.exe:Net Command|net1.exe:Net Command|ipconfig.exe:IP Configuration Utility|ping.exe:TCP/IP Ping Command
|whoami.exe:whoami - displays logged on user information|hostname.exe:Hostname APP|systeminfo.exe:Displays system information
|tasklist.exe:Lists the current running tasks|nslookup.exe:nslookup|netstat.exe:TCP/IP Netstat Command|tracert.exe:TCP/IP Traceroute Command
|route.exe:TCP/IP Route Command|arp.exe:TCP/IP Arp Command|reg.exe:Registry Console Tool|sc.exe:Service Control Manager Configuration Tool
|schtasks.exe:Task Scheduler Configuration Tool|rundll32.exe:Windows host process (Rundll32)|regsvr32.exe:Microsoft(C) Register Server
|msiexec.exe:Windows installer|wermgr.exe:Windows Problem Reporting|werfault.exe:Windows Problem Reporting|gpupdate.exe:Microsoft Group Policy Update Utility
|wsmprovhost.exe:Host process for WinRM plug-ins|wevtutil.exe:Eventing Command Line Utility|vssadmin.exe:Command Line Interface for Volume Shadow Copy Service
|robocopy.exe:Microsoft Robocopy|xcopy.exe:Extended Copy Utility|findstr.exe:Find String (QGREP) Utility|where.exe:Where - Lists location of files
|mstsc.exe:Remote Desktop Connection|rdpclip.exe:RDP Clipboard Monitor|calc.exe:Windows Calculator|mspaint.exe:Paint|snippingtool.exe:Snipping Tool
|printui.exe:Change Printing Settings|splwow64.exe:Print driver host for applications|audiodg.exe:Windows Audio Device Graph Isolation
|logonui.exe:Windows Logon User Interface Host|lockapp.exe:LockApp.exe|consent.exe:Consent UI for administrative applications|smartscreen.exe:Windows Defender SmartScreen
|usoclient.exe:UsoClient|wuauclt.exe:Windows Update|musnotification.exe:MusNotification.exe|tiworker.exe:Windows Modules Installer Worker|trustedinstaller.exe:Windows Modules Installer
|cleanmgr.exe:Disk Space Cleanup Manager for Windows|defrag.exe:Disk Defragmenter Module|compattelrunner.exe:Microsoft Compatibility Telemetry
|dns.exe:Domain Name System (DNS) Server|dfsrs.exe:Distributed File System Replication|ntfrs.exe:File Replication Service|ismserv.exe:Windows NT Intersite Messaging Service
|certutil.exe:CertUtil.exe|bitsadmin.exe:BITS administration utility|curl.exe:The curl executable|tar.exe:bsdtar archive tool|timeout.exe:timeout - pauses command processing
|chcp.com:Change CodePage Utility|sppsvc.exe:Microsoft Software Protection Platform Service|msdtc.exe:Microsoft Distributed Transaction Coordinator Service`,
    libraries: `ntdll.dll:NT Layer DLL|kernel32.dll:Windows NT BASE API Client DLL|kernelbase.dll:Windows NT BASE API Client DLL
|user32.dll:Multi-User Windows USER API Client DLL|gdi32.dll:GDI Client DLL|advapi32.dll:Advanced Windows 32 Base API|msvcrt.dll:Windows NT CRT DLL
|sechost.dll:Host for SCM/SDDL/LSA Lookup APIs|rpcrt4.dll:Remote Procedure Call Runtime|combase.dll:Microsoft COM for Windows|ole32.dll:Microsoft OLE for Windows
|oleaut32.dll:OLEAUT32.DLL|shell32.dll:Windows Shell Common Dll|shlwapi.dll:Shell Light-weight Utility Library|ws2_32.dll:Windows Socket 2.0 32-Bit DLL
|mswsock.dll:Microsoft Windows Sockets 2.0 Service Provider|dnsapi.dll:DNS Client API DLL|winhttp.dll:Windows HTTP Services|wininet.dll:Internet Extensions for Win32
|crypt32.dll:Crypto API32|bcrypt.dll:Windows Cryptographic Primitives Library|bcryptprimitives.dll:Windows Cryptographic Primitives Library|cryptsp.dll:Cryptographic Service Provider API
|rsaenh.dll:Microsoft Enhanced Cryptographic Provider|wintrust.dll:Microsoft Trust Verification APIs|version.dll:Version Checking and File Installation Libraries
|imm32.dll:Multi-User Windows IMM32 API Client DLL|uxtheme.dll:Microsoft UxTheme Library|dwmapi.dll:Microsoft Desktop Window Manager API|propsys.dll:Microsoft Property System
|profapi.dll:User Profile Basic API|userenv.dll:Userenv|netapi32.dll:Net Win32 API DLL|samcli.dll:Security Accounts Manager Client DLL|wkscli.dll:Workstation Service Client DLL
|secur32.dll:Security Support Provider Interface|sspicli.dll:Security Support Provider Interface|amsi.dll:Anti-Malware Scan Interface|dbghelp.dll:Windows Image Helper
|dbgcore.dll:Windows Core Debugging Helpers|comsvcs.dll:COM+ Services|taskschd.dll:Task Scheduler COM API|wbemprox.dll:WMI|fastprox.dll:WMI Custom Marshaller|mpr.dll:Multiple Provider Router DLL
|samlib.dll:SAM Library DLL|vaultcli.dll:Credential Vault Client Library|winspool.drv:Windows Spooler Driver|iphlpapi.dll:IP Helper API|wldp.dll:Windows Lockdown Policy|msi.dll:Windows Installer`,
  },
  {
    key: "powershell",
    os: "Windows",
    name: "Microsoft® Windows® Operating System",
    company: "Microsoft Corporation",
    version: "10.0.19041.3570",
    publisher: "Microsoft Windows",
    issuer: MICROSOFT_ISSUER,
    directory: "c:\\windows\\system32\\windowspowershell\\v1.0",
    programs: "powershell.exe:Windows PowerShell|powershell_ise.exe:Windows PowerShell ISE",
    libraries:
      "system.management.automation.dll:System.Management.Automation|microsoft.powershell.commands.utility.dll:Utility cmdlets",
  },
  {
    key: "wmi",
    os: "Windows",
    name: "Microsoft® Windows® Operating System",
    company: "Microsoft Corporation",
    version: "10.0.19041.3570",
    publisher: "Microsoft Windows",
    issuer: MICROSOFT_ISSUER,
    directory: "c:\\windows\\system32\\wbem",
    programs:
      "wmiprvse.exe:WMI Provider Host|wmic.exe:WMI Commandline Utility|unsecapp.exe:Sink to receive asynchronous callbacks for WMI client application",
    libraries: "cimwin32.dll:WMI Win32 Provider|wmiutils.dll:WMI",
  },
  product(
    "defender",
    "Microsoft Defender Antivirus",
    "Microsoft Corporation",
    "4.18.23110.3",
    "c:\\programdata\\microsoft\\windows defender\\platform\\4.18.23110.3-0",
    "msmpeng.exe:Antimalware Service Executable|nissrv.exe:Network Realtime Inspection Service|mpcmdrun.exe:Malware Protection Command Line Utility",
    "mp",
    "Microsoft Windows Publisher",
    MICROSOFT_ISSUER,
  ),
  product(
    "office",
    "Microsoft Office",
    "Microsoft Corporation",
    "16.0.17126.20132",
    "c:\\program files\\microsoft office\\root\\office16",
    "winword.exe:Microsoft Word|excel.exe:Microsoft Excel|outlook.exe:Microsoft Outlook|powerpnt.exe:Microsoft PowerPoint|onenote.exe:Microsoft OneNote|officeclicktorun.exe:Microsoft Office Click-to-Run|sdxhelper.exe:Microsoft Office SDX Helper",
    "mso",
    "Microsoft Corporation",
    "Microsoft Code Signing PCA 2011",
  ),
  product(
    "edge",
    "Microsoft Edge",
    "Microsoft Corporation",
    "120.0.2210.91",
    "c:\\program files (x86)\\microsoft\\edge\\application",
    "msedge.exe:Microsoft Edge|microsoftedgeupdate.exe:Microsoft Edge Update",
    "msedge_",
    "Microsoft Corporation",
    "Microsoft Code Signing PCA 2011",
  ),
  product(
    "teams",
    "Microsoft Teams",
    "Microsoft Corporation",
    "1.6.00.33567",
    "c:\\program files\\windowsapps\\msteams",
    "ms-teams.exe:Microsoft Teams|ms-teamsupdate.exe:Microsoft Teams Update",
    "teams",
    "Microsoft Corporation",
    "Microsoft Code Signing PCA 2011",
  ),
  product(
    "onedrive",
    "Microsoft OneDrive",
    "Microsoft Corporation",
    "23.246.1127.0002",
    "c:\\program files\\microsoft onedrive",
    "onedrive.exe:Microsoft OneDrive|filecoauth.exe:Microsoft OneDriveFile Co-Authoring Executable",
    "sync",
    "Microsoft Corporation",
    "Microsoft Code Signing PCA 2011",
  ),
  product(
    "chrome",
    "Google Chrome",
    "Google LLC",
    "120.0.6099.130",
    "c:\\program files\\google\\chrome\\application",
    "chrome.exe:Google Chrome",
    "chrome_",
    "Google LLC",
  ),
  product(
    "googleupdate",
    "Google Update",
    "Google LLC",
    "1.3.36.352",
    "c:\\program files (x86)\\google\\update",
    "!googleupdate.exe:Google Installer|!googlecrashhandler.exe:Google Crash Handler",
    "goopdate",
    "Google LLC",
  ),
  product(
    "firefox",
    "Firefox",
    "Mozilla Corporation",
    "121.0",
    "c:\\program files\\mozilla firefox",
    "firefox.exe:Firefox|pingsender.exe:Firefox ping sender",
    "moz",
    "Mozilla Corporation",
  ),
  product(
    "acrobat",
    "Adobe Acrobat",
    "Adobe Inc.",
    "23.008.20421",
    "c:\\program files\\adobe\\acrobat dc\\acrobat",
    "acrobat.exe:Adobe Acrobat|acrocef.exe:Adobe AcroCEF|!adobearm.exe:Adobe Reader and Acrobat Manager",
    "acro",
    "Adobe Inc.",
  ),
  product(
    "zoom",
    "Zoom Workplace",
    "Zoom Video Communications, Inc.",
    "5.17.1.28914",
    "c:\\program files\\zoom\\bin",
    "zoom.exe:Zoom Meetings|cpthost.exe:Zoom Sharing Host",
    "zm",
    "Zoom Video Communications, Inc.",
  ),
  product(
    "slack",
    "Slack",
    "Slack Technologies, LLC",
    "4.35.131.0",
    "c:\\program files\\slack",
    "slack.exe:Slack",
    "slack_",
    "Slack Technologies, LLC",
  ),
  product(
    "vscode",
    "Visual Studio Code",
    "Microsoft Corporation",
    "1.85.1",
    "c:\\program files\\microsoft vs code",
    "code.exe:Visual Studio Code",
    "vsc",
    "Microsoft Corporation",
    "Microsoft Code Signing PCA 2011",
  ),
  product(
    "git",
    "Git",
    "The Git Development Community",
    "2.43.0.1",
    "c:\\program files\\git\\mingw64\\bin",
    "git.exe:Git for Windows~|git-remote-https.exe:Git for Windows~",
    "libgit",
  ),
  product(
    "node",
    "Node.js",
    "Node.js",
    "20.10.0",
    "c:\\program files\\nodejs",
    "node.exe:Node.js JavaScript Runtime",
    "node_",
    "OpenJS Foundation",
  ),
  product(
    "python",
    "Python",
    "Python Software Foundation",
    "3.12.1150.1013",
    "c:\\program files\\python312",
    "python.exe:Python|pythonw.exe:Python (windowless)",
    "py",
    "Python Software Foundation",
  ),
  product(
    "java",
    "OpenJDK Platform",
    "Eclipse Adoptium",
    "17.0.9.0",
    "c:\\program files\\eclipse adoptium\\jdk-17\\bin",
    "java.exe:OpenJDK Platform binary|javac.exe:OpenJDK Platform binary",
    "jdk",
    "Eclipse.org Foundation, Inc.",
  ),
  product(
    "msbuild",
    "Microsoft Build Tools",
    "Microsoft Corporation",
    "17.8.3.51904",
    "c:\\program files\\microsoft visual studio\\2022\\professional\\msbuild\\current\\bin",
    "msbuild.exe:MSBuild.exe|csc.exe:Visual C# Command Line Compiler|vbcscompiler.exe:VBCSCompiler",
    "build",
    "Microsoft Corporation",
    "Microsoft Code Signing PCA 2011",
  ),
  product(
    "7zip",
    "7-Zip",
    "Igor Pavlov",
    "23.01",
    "c:\\program files\\7-zip",
    "7z.exe:7-Zip Console~|7zfm.exe:7-Zip File Manager~",
    "7z",
  ),
  product(
    "notepadpp",
    "Notepad++",
    "Don HO don.h@free.fr",
    "8.6.0.0",
    "c:\\program files\\notepad++",
    "notepad++.exe:Notepad++|!gup.exe:WinGup for Notepad++",
    "npp",
    "Notepad++",
  ),
  product(
    "putty",
    "PuTTY suite",
    "Simon Tatham",
    "0.80.0.0",
    "c:\\program files\\putty",
    "putty.exe:SSH, Telnet, Rlogin, and SUPDUP client|plink.exe:Command-line SSH, Telnet, and Rlogin client",
    undefined,
    "Simon Tatham",
  ),
  product(
    "vmtools",
    "VMware Tools",
    "VMware, Inc.",
    "12.3.0.44994",
    "c:\\program files\\vmware\\vmware tools",
    "vmtoolsd.exe:VMware Tools Core Service|vm3dservice.exe:VMware SVGA Helper Service",
    "vm",
    "VMware, Inc.",
  ),
  product(
    "citrix",
    "Citrix Workspace",
    "Cloud Software Group, Inc.",
    "23.11.0.132",
    "c:\\program files (x86)\\citrix\\ica client",
    "!wfcrun32.exe:Citrix Connection Manager|!receiver.exe:Citrix Workspace",
    "ctx",
    "Cloud Software Group, Inc.",
  ),
  product(
    "anyconnect",
    "Cisco Secure Client",
    "Cisco Systems, Inc.",
    "5.1.1.42",
    "c:\\program files (x86)\\cisco\\cisco secure client",
    "!vpnagent.exe:Cisco Secure Client Agent|!vpnui.exe:Cisco Secure Client User Interface",
    "acvpn",
    "Cisco Systems, Inc.",
  ),
  product(
    "sqlserver",
    "Microsoft SQL Server",
    "Microsoft Corporation",
    "15.0.4345.5",
    "c:\\program files\\microsoft sql server\\mssql15.mssqlserver\\mssql\\binn",
    "sqlservr.exe:SQL Server Windows NT - 64 Bit|sqlagent.exe:Microsoft SQL Server Agent|sqlcmd.exe:Command Line Tool",
    "sql",
    "Microsoft Corporation",
    "Microsoft Code Signing PCA 2011",
  ),
  product(
    "iis",
    "Internet Information Services",
    "Microsoft Corporation",
    "10.0.17763.1",
    "c:\\windows\\system32\\inetsrv",
    "w3wp.exe:IIS Worker Process|appcmd.exe:Application Server Command Line Admin Tool",
    "iis",
    "Microsoft Windows",
    MICROSOFT_ISSUER,
  ),
  product(
    "veeam",
    "Veeam Backup & Replication",
    "Veeam Software Group GmbH",
    "12.1.0.2131",
    "c:\\program files\\veeam\\backup and replication\\backup",
    "veeam.backup.service.exe:Veeam Backup Service|veeamagent.exe:Veeam Data Mover",
    "veeam",
    "Veeam Software Group GmbH",
  ),
  product(
    "ledger",
    "Aldermoor Ledger",
    "Aldermoor Instruments",
    "4.2.11",
    "c:\\program files\\aldermoor\\ledger",
    "ledger.exe:Ledger client~|ledgerbatch.exe:Ledger nightly batch~",
    "ldg",
  ),
  product(
    "intel",
    "Intel(R) Driver & Support Assistant",
    "Intel Corporation",
    "23.4.39.10",
    "c:\\program files (x86)\\intel\\driver and support assistant",
    "dsaservice.exe:Intel Driver & Support Assistant Service|!dsatray.exe:Intel Driver & Support Assistant Tray",
    "igd",
    "Intel Corporation",
  ),
  product(
    "realtek",
    "Realtek HD Audio",
    "Realtek Semiconductor",
    "1.0.0.382",
    "c:\\windows\\system32\\driverstore\\filerepository\\realtekservice.inf_amd64",
    "rtkauduservice64.exe:Realtek HD Audio Universal Service",
    "rtk",
    "Realtek Semiconductor Corp.",
  ),
];

function product(
  key: string,
  name: string,
  company: string,
  version: string,
  directory: string,
  programs: string,
  stem?: string,
  publisher?: string,
  issuer = DIGICERT,
): Product {
  const base = { key, os: "Windows" as const, name, company, version, directory, programs };
  return {
    ...base,
    ...(stem === undefined ? {} : { stem }),
    ...(publisher === undefined ? {} : { publisher, issuer }),
  };
}
