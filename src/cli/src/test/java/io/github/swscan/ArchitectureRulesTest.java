package io.github.swscan;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaConstructor;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Packages are rooms with one purpose; dependencies point downwards only. */
class ArchitectureRulesTest {

    private static final String ROOT = "io.github.swscan.";

    /** What each package may use of the others. A package does not speak for those below it. */
    private static final Map<String, Set<String>> ALLOWED = Map.ofEntries(
            uses(
                    "cli",
                    "cli.option, cli.screen, scan, architecture.family, engine, policy, report, report.csv, report.cyclonedx,"
                            + " report.html, report.json, report.junit, report.markdown, report.sarif, input, output, integrity.signing,"
                            + " ablate, text.tokenizer"),
            uses(
                    "cli.screen",
                    "scan, architecture, checkpoint, checkpoint.tensor, text, text.tokenizer, report, report.text, input"),
            uses(
                    "cli.option",
                    "scan, detect, ablate, weight, text, text.task, policy, report, engine, natives, input, output"),
            uses(
                    "scan",
                    "detect, ablate, known, integrity, integrity.signing, output, weight, forward, text, text.task, text.tokenizer, architecture, architecture.family,"
                            + " policy, checkpoint, checkpoint.tensor, checkpoint.copy, report, report.json, engine, input"),
            uses("detect", "effect, weight, forward, text, architecture, checkpoint, checkpoint.tensor, report, input"),
            uses(
                    "ablate",
                    "effect, weight, forward, text, text.task, architecture, checkpoint, checkpoint.tensor,"
                            + " checkpoint.copy, report, input"),
            uses(
                    "integrity",
                    "integrity.signing, checkpoint, checkpoint.tensor, report, report.json, report.text, input, output"),
            uses("known", "weight, architecture, checkpoint, report, input"),
            uses("integrity.signing", "input"),
            uses("effect", "forward"),
            uses("forward", "weight, architecture, checkpoint, checkpoint.tensor, engine, input"),
            uses("weight", "architecture, checkpoint, checkpoint.tensor, report"),
            uses(
                    "architecture.family",
                    "architecture, architecture.quantization, checkpoint, checkpoint.tensor, checkpoint.gguf, input"),
            uses(
                    "architecture.quantization",
                    "architecture, checkpoint, checkpoint.quantized, checkpoint.tensor, input"),
            uses("architecture", "checkpoint, checkpoint.tensor, input"),
            uses("text", "text.tokenizer, input"),
            uses("text.task", "text.tokenizer, input"),
            uses("text.tokenizer", "checkpoint.gguf, natives, input"),
            uses("checkpoint.copy", "checkpoint, checkpoint.tensor, input, output"),
            uses(
                    "checkpoint",
                    "checkpoint.safetensors, checkpoint.pytorch, checkpoint.gguf, checkpoint.blocks, checkpoint.tensor,"
                            + " input"),
            uses("checkpoint.safetensors", "checkpoint.tensor, input"),
            uses("checkpoint.pytorch", "checkpoint.tensor, input"),
            uses("checkpoint.gguf", "checkpoint.tensor, input"),
            uses("checkpoint.blocks", "checkpoint.quantized, checkpoint.tensor, input"),
            uses("checkpoint.quantized", "checkpoint.tensor, input"),
            uses("checkpoint.tensor", "input, natives"),
            uses("engine", "natives"),
            uses("natives", "output"),
            uses("policy", "report, report.finding, report.text, input"),
            uses("report.csv", "report"),
            uses("report.cyclonedx", "report, report.text"),
            uses("report.finding", "report, report.text"),
            uses("report.html", "report, report.json, report.text, input"),
            uses("report.json", "report, report.text"),
            uses("report.junit", "report, report.text, input"),
            uses("report.markdown", "report, report.text, input"),
            uses("report.sarif", "report, report.finding, input"),
            uses("report.text", "report"),
            uses("report", ""),
            uses("input", "natives"),
            uses("output", ""));

    /** What swscan does for a user, each in a package of its own. What they share has a room below them. */
    private static final Set<String> USE_CASES = Set.of("detect", "ablate", "known", "integrity");

    /** What the names of those begin with that read what is in the files of a model. */
    private static final Set<String> READERS = Set.of("checkpoint.", "architecture.", "text.");

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .importPaths(Path.of("src", "core", "target", "classes"), Path.of("src", "cli", "target", "classes"));

    private static Map.Entry<String, Set<String>> uses(String name, String others) {
        return Map.entry(name, others.isEmpty() ? Set.of() : Set.of(others.split(", ?")));
    }

    private static void check(ArchRule rule) {
        rule.allowEmptyShould(true).check(CLASSES);
    }

    private static String[] packages(Stream<String> names) {
        return names.map(ROOT::concat).toArray(String[]::new);
    }

    static List<String> packages() {
        return ALLOWED.keySet().stream().sorted().toList();
    }

    static Set<String> useCases() {
        return USE_CASES;
    }

    @Test
    void classesAreThere() {
        assertThat(CLASSES.contain(ROOT + "checkpoint.Checkpoint")).isTrue();
        assertThat(CLASSES.contain(ROOT + "cli.Swscan")).isTrue();
        assertThat(CLASSES.contain(ROOT + "ArchitectureRulesTest")).isFalse();
    }

    @Test
    void everyClassHasItsRoom() {
        check(classes().should().resideInAnyPackage(packages(packages().stream())));
    }

    @ParameterizedTest
    @MethodSource("packages")
    void dependenciesPointDownwards(String name) {
        DescribedPredicate<JavaClass> foreign = resideInAPackage(ROOT.substring(0, ROOT.length() - 1) + "..")
                .and(DescribedPredicate.not(
                        resideInAnyPackage(packages(Stream.concat(Stream.of(name), ALLOWED.get(name).stream())))));

        check(noClasses()
                .that()
                .resideInAPackage(ROOT + name)
                .should()
                .dependOnClassesThat(foreign.as("are of a package other than " + ALLOWED.get(name))));
    }

    @ParameterizedTest
    @MethodSource("useCases")
    void noUseCaseUsesAnother(String name) {
        assertThat(ALLOWED.get(name)).doesNotContainAnyElementsOf(USE_CASES);
        check(noClasses()
                .that()
                .resideInAPackage(ROOT + name + "..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(packages(
                        USE_CASES.stream().filter(other -> !other.equals(name)).map(other -> other + ".."))));
    }

    @Test
    void packagesAreFreeOfCycles() {
        check(slices().matching(ROOT + "(*)..").should().beFreeOfCycles());
        check(slices().matching(ROOT + "(**)").should().beFreeOfCycles());
    }

    @Test
    void onlyTheForwardPassComputesWithArrays() {
        only("ai.djl.ndarray..", "engine", "forward");
    }

    @Test
    void onlyOnePackageTokenizes() {
        only("ai.djl.huggingface..", "text.tokenizer");
    }

    @Test
    void noOtherPackageUsesDjl() {
        only("ai.djl..", "engine", "natives", "forward", "text.tokenizer");
    }

    @Test
    void onlyTheCommandLineParsesOptions() {
        only("picocli..", "cli", "cli.option", "cli.screen");
    }

    @Test
    void onlyTheCommandLineWritesToTheTerminal() {
        check(noClasses().that().resideOutsideOfPackage(ROOT + "cli..").should(ACCESS_STANDARD_STREAMS));
    }

    @Test
    void onlyTheCommandLineDrawsAndConfiguresLogging() {
        only("me.tongfei..", "cli.screen");
        only("com.github.freva..", "cli.screen");
        only("ch.qos.logback..", "cli");
    }

    @Test
    void loggingGoesThroughSlf4j() {
        only("java.util.logging..");
    }

    /**
     * All others get the bytes of files from it; they are listed with what they open. A channel counts, whatever it is opened
     * for.
     */
    @Test
    void onlyTheDoorOpensFilesForReading() {
        Map<String, String> others = Map.of(
                "engine.Processor", "/proc/cpuinfo",
                "engine.AvailableMemory", "/proc/meminfo, and control groups",
                "engine.ProcessMemory", "/proc/self/status",
                "natives.Ownership", "/proc/self/uid_map",
                "natives.LibraryManifest", "native libraries, and what tells of them",
                "natives.Unpacking", "a file that is locked and holds nothing",
                "output.TemporaryPath", "a file that is locked and holds nothing",
                "output.InPlaceEdit", "a journal, and files to change some bytes of them",
                "checkpoint.copy.CheckpointCopy", "the copy, to write to it",
                "report.json.JsonReportReader", "reports that this program wrote");

        assertThat(classesThatCall("input", ArchitectureRulesTest::opensForReading))
                .containsExactlyInAnyOrderElementsOf(others.keySet());
    }

    /**
     * Readers get the names of a model's files, and sources of their bytes: on which machine these are, they cannot tell.
     * All others are listed with what they need the file system for.
     */
    @Test
    void readersOfModelsKnowNoFileSystem() {
        Map<String, String> others = Map.of(
                "checkpoint.CheckpointLocation", "the folder that the user named, as a repository",
                "checkpoint.copy.CheckpointCopy", "copies of folders of this machine");

        assertThat(classesThatCall("input", ArchitectureRulesTest::usesTheFileSystem).stream()
                        .filter(name -> READERS.stream().anyMatch(name::startsWith)))
                .containsExactlyInAnyOrderElementsOf(others.keySet());
    }

    /** All others are listed with what they write to. {@code checkpoint.copy} fills the folder that {@code output} makes. */
    @Test
    void onlyOutputWrites() {
        Map<String, String> others = Map.of(
                "natives.NativeFolder", "the folder for native libraries",
                "natives.Unpacking", "native libraries, and what a killed process left of them",
                "cli.StandardOutput", "a stream that is open already",
                "cli.Launcher", "a stream that is open already",
                "cli.option.ReportTarget", "the folder that reports are written to");

        assertThat(classesThatCall("output", ArchitectureRulesTest::writes))
                .containsExactlyInAnyOrderElementsOf(others.keySet());
    }

    private static boolean opensForReading(JavaAccess<?> access) {
        return switch (access.getTargetOwner().getName()) {
            case "java.nio.file.Files" ->
                access.getName().matches("newInputStream|newBufferedReader|newByteChannel|lines")
                        || access.getName().matches("readAllBytes|readString|readAllLines");
            case "java.nio.channels.FileChannel", "java.nio.channels.AsynchronousFileChannel" ->
                access.getName().equals("open");
            case "java.io.FileInputStream", "java.io.FileReader", "java.io.RandomAccessFile" ->
                access.getName().equals(JavaConstructor.CONSTRUCTOR_NAME);
            default -> false;
        };
    }

    private static boolean usesTheFileSystem(JavaAccess<?> access) {
        JavaClass owner = access.getTargetOwner();
        return switch (owner.getName()) {
            case "java.nio.file.Files", "java.io.File", "java.nio.channels.FileChannel" -> true;
            case "java.nio.file.Path" -> access.getName().matches("to(AbsolutePath|File|RealPath|Uri)");
            default ->
                owner.getPackageName().equals(ROOT + "input")
                        && owner.getSimpleName().matches("FileStamp|Local(Folder|Source)|ModelCache");
        };
    }

    private static boolean writes(JavaAccess<?> access) {
        return switch (access.getTargetOwner().getName()) {
            case "java.nio.file.Files" ->
                access.getName().matches("(write|newOutputStream|newBufferedWriter|copy|move|create|delete).*");
            case "java.io.FileOutputStream", "java.io.FileWriter", "java.io.RandomAccessFile" ->
                access.getName().equals(JavaConstructor.CONSTRUCTOR_NAME);
            default -> false;
        };
    }

    /** Those outside of a package, each with the classes within it, without what all names begin with. */
    private static Set<String> classesThatCall(String exempt, Predicate<JavaAccess<?>> call) {
        return CLASSES.stream()
                .filter(type -> !type.getPackageName().equals(ROOT + exempt))
                .filter(type -> type.getAccessesFromSelf().stream().anyMatch(call))
                .map(type -> type.getName().substring(ROOT.length()).replaceAll("\\$.*", ""))
                .collect(Collectors.toSet());
    }

    private static void only(String library, String... allowed) {
        check(noClasses()
                .that()
                .resideOutsideOfPackages(packages(Arrays.stream(allowed)))
                .should()
                .dependOnClassesThat()
                .resideInAPackage(library));
    }
}
