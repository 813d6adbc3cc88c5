@echo off
rem Starts swscan. Environment:
rem   JAVA_HOME         the Java to run with (17 or newer); without it, java on the PATH
rem   SWSCAN_JAVA_OPTS  more options for the Java virtual machine, such as -Xmx8g
rem   OMP_WAIT_POLICY   how the engine's threads wait for work (default: passive)
setlocal DisableDelayedExpansion

for %%h in ("%~dp0..") do set "home=%%~fh"
set "java=java.exe"
if defined JAVA_HOME set "java=%JAVA_HOME%\bin\java.exe"
set "jdk=%JAVA_HOME%"

if defined JAVA_HOME goto with_home
for %%j in (java.exe) do set "found=%%~$PATH:j"
if not defined found (
  echo swscan: there is no java; install Java 17 or newer, or set JAVA_HOME to one 1>&2
  exit /b 4
)
for %%d in ("%found%\..\..") do set "jdk=%%~fd"
goto version

:with_home
if not exist "%java%" (
  echo swscan: JAVA_HOME is "%JAVA_HOME%", where there is no bin\java.exe 1>&2
  exit /b 4
)

:version
set "version="
set "runtime="
if not exist "%jdk%\release" goto start
for /f "usebackq tokens=1,* delims==" %%a in ("%jdk%\release") do (
  if "%%a"=="JAVA_VERSION" set "version=%%~b"
  if "%%a"=="JAVA_RUNTIME_VERSION" set "runtime=%%~b"
)
if not defined version goto start
for /f "tokens=1 delims=.+-_" %%m in ("%version%") do set "major=%%m"
if %major% LSS 17 (
  echo swscan: Java 17 or newer is needed, and "%java%" is %version%; set JAVA_HOME to a newer one 1>&2
  exit /b 4
)

:start
if not defined OMP_WAIT_POLICY set "OMP_WAIT_POLICY=passive"
set "archive="
set "at="
if not defined runtime goto run
if exist "%home%\lib\%runtime%.at" set /p at=<"%home%\lib\%runtime%.at"
if /i "%at%"=="%home%" if exist "%home%\lib\%runtime%.jsa" set archive="-XX:SharedArchiveFile=%home%\lib\%runtime%.jsa"

:run
"%java%" -XX:+UseSerialGC -Xmn16m -XX:-UsePerfData -Xlog:disable -XX:-PrintWarnings -XX:+DisplayVMOutputToStderr -XX:+SuppressFatalErrorMessage -XX:Tier4InvocationThreshold=50000 -XX:Tier4MinInvocationThreshold=6000 -XX:Tier4CompileThreshold=150000 -XX:Tier4BackEdgeThreshold=400000 %archive% -Dswscan.launcher=0 -Dai.djl.offline=true %SWSCAN_JAVA_OPTS% -jar "%home%\lib\swscan.jar" %*
set "code=%ERRORLEVEL%"
rem The program, told of its launcher, adds 100 to its exit codes; any other is Java's.
for %%c in (0 1 2 3 4) do if %code% EQU 10%%c exit /b %%c
if %code% EQU 130 exit /b 130
echo swscan: Java did not start, or died ^(code %code%^) 1>&2
exit /b 4
