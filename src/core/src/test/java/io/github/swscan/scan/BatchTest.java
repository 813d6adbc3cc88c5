package io.github.swscan.scan;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.swscan.engine.EngineSettings;
import io.github.swscan.fixture.Models;
import io.github.swscan.input.MissingInputException;
import io.github.swscan.report.ReportDocument;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BatchTest {

    private static final String CRITICAL = Models.CRITICAL.toString();
    private static final String HARMLESS = Models.HARMLESS.toString();
    private static final String MISSING = "no-such-model";

    private static Batch.Task task(String model, ScanListener listener) {
        return new Batch.Task(DetectionRequest.of(model), listener);
    }

    private static List<String> models(List<Batch.Outcome> outcomes) {
        return outcomes.stream().map(outcome -> outcome.request().model()).toList();
    }

    /** Also where a model that fails at once comes after one that takes a while. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 16})
    void outcomesComeInTheOrderOfTheTasksAndAFailureStopsNoOther(int jobs) {
        List<Batch.Outcome> told = new ArrayList<>();
        List<Batch.Task> tasks = List.of(
                task(CRITICAL, ScanListener.NONE), task(MISSING, ScanListener.NONE), task(HARMLESS, ScanListener.NONE));

        List<Batch.Outcome> outcomes = Batch.run(tasks, jobs, EngineSettings.STANDARD, told::add);

        assertThat(outcomes).isEqualTo(told);
        assertThat(models(outcomes)).containsExactly(CRITICAL, MISSING, HARMLESS);
        assertThat(outcomes.get(0).report().orElseThrow().superWeights()).isNotEmpty();
        assertThat(outcomes.get(1).report()).isEmpty();
        assertThat(outcomes.get(1).failure()).containsInstanceOf(MissingInputException.class);
        assertThat(outcomes.get(2).report().orElseThrow().superWeights()).isEmpty();
        assertThat(outcomes.get(2).failure()).isEmpty();
    }

    /** Such as one that cannot write the report. */
    @Test
    void whatAListenerThrowsIsTheFailureOfItsModel() {
        IllegalStateException thrown = new IllegalStateException("full");
        ScanListener failing = new ScanListener() {
            @Override
            public void finished(ReportDocument report) {
                throw thrown;
            }
        };

        List<Batch.Outcome> outcomes = Batch.run(
                List.of(task(CRITICAL, failing), task(HARMLESS, ScanListener.NONE)),
                1,
                EngineSettings.STANDARD,
                outcome -> {});

        assertThat(outcomes.get(0).failure()).contains(thrown);
        assertThat(outcomes.get(0).report()).isEmpty();
        assertThat(outcomes.get(1).report()).isPresent();
    }

    @Test
    void everyListenerIsToldOfItsOwnModelUpToTheEnd() {
        List<String> events = Collections.synchronizedList(new ArrayList<>());

        Batch.run(
                List.of(task(HARMLESS, recording("a", events)), task(MISSING, recording("b", events))),
                1,
                EngineSettings.STANDARD,
                outcome -> events.add("done " + outcome.request().model()));

        assertThat(events)
                .containsSubsequence(
                        "a opened " + HARMLESS,
                        "a started cpu",
                        "a reading",
                        "a read",
                        "a finished",
                        "a ended",
                        "b ended")
                .doesNotContain("b finished")
                .containsSubsequence("done " + HARMLESS, "done " + MISSING);
    }

    private static ScanListener recording(String name, List<String> events) {
        return new ScanListener() {
            @Override
            public void modelOpened(ModelHeader model) {
                events.add(name + " opened " + model.summary().path());
            }

            @Override
            public void engineStarted(RunHeader run) {
                events.add(name + " started " + run.device());
            }

            @Override
            public void readingBegins(long bytes, int readings) {
                events.add(name + " reading");
            }

            @Override
            public void readingEnds() {
                events.add(name + " read");
            }

            @Override
            public void finished(ReportDocument report) {
                events.add(name + " finished");
            }

            @Override
            public void ended() {
                events.add(name + " ended");
            }
        };
    }
}
