package io.github.swscan.text.task;

import java.util.List;

/**
 * Questions with several answers to choose from: the model chooses the one that it finds most likely.
 *
 * @param questions at least one
 */
public record MultipleChoice(String name, List<Question> questions) implements Task {

    public MultipleChoice {
        questions = List.copyOf(questions);
    }

    /**
     * A question.
     *
     * @param choices at least two
     * @param gold the index of the right one
     */
    public record Question(List<Choice> choices, int gold) {
        public Question {
            choices = List.copyOf(choices);
        }
    }

    /**
     * An answer.
     *
     * @param characters its length in Unicode characters, by which its likelihood is normalized
     */
    public record Choice(Request request, int characters) {}

    @Override
    public List<Request> requests() {
        return questions.stream()
                .flatMap(question -> question.choices().stream())
                .map(Choice::request)
                .toList();
    }
}
