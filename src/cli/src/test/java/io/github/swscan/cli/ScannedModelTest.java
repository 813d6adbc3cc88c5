package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.cli.option.ReportFiles;
import io.github.swscan.engine.EngineFailure;
import io.github.swscan.engine.EngineSettings;
import io.github.swscan.fixture.Models;
import io.github.swscan.input.MissingInputException;
import io.github.swscan.input.WrongRequestException;
import io.github.swscan.policy.Policy;
import io.github.swscan.policy.Rule;
import io.github.swscan.scan.Batch;
import io.github.swscan.scan.DetectionRequest;
import io.github.swscan.scan.ScanListener;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a scan of one of several models would have ended with alone. */
class ScannedModelTest {

    private static final ReportFiles REPORT = new ReportFiles(List.of());
    private static final Policy FAIL_ON_CRITICAL = new Policy(Set.of(Rule.CRITICAL), List.of());

    static Stream<Arguments> failures() {
        return Stream.of(
                Arguments.of(new WrongRequestException("the thresholds must fall"), ExitCode.WRONG_USAGE),
                Arguments.of(
                        new MissingInputException(Path.of("model"), "", "does not exist", ""), ExitCode.UNUSABLE_INPUT),
                Arguments.of(new EngineFailure("did not start"), ExitCode.FAILED),
                Arguments.of(new OutOfMemoryError("Java heap space"), ExitCode.FAILED),
                Arguments.of(new IllegalStateException("unforeseen"), ExitCode.FAILED));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void aFailureHasItsCode(Throwable failure, int code) {
        Batch.Outcome outcome = new Batch.Outcome(DetectionRequest.of("model"), Optional.empty(), Optional.of(failure));

        assertThat(ScannedModel.of(outcome, REPORT).code()).isEqualTo(code);
    }

    @Test
    void aReportHasThatOfThePolicy() {
        List<Batch.Outcome> outcomes = Batch.run(
                Stream.of(Models.CRITICAL, Models.HARMLESS)
                        .map(model -> new Batch.Task(DetectionRequest.of(model.toString()), ScanListener.NONE))
                        .toList(),
                1,
                EngineSettings.STANDARD,
                outcome -> {});

        assertThat(codes(outcomes, FAIL_ON_CRITICAL)).containsExactly(ExitCode.POLICY_VIOLATED, ExitCode.DONE);
        assertThat(codes(outcomes, Policy.NONE)).containsExactly(ExitCode.DONE, ExitCode.DONE);
    }

    /** As if the models had been held to it. */
    private static Stream<Integer> codes(List<Batch.Outcome> outcomes, Policy policy) {
        return outcomes.stream()
                .map(outcome ->
                        new Batch.Outcome(outcome.request(), outcome.report().map(policy::applied), outcome.failure()))
                .map(outcome -> ScannedModel.of(outcome, REPORT).code());
    }
}
