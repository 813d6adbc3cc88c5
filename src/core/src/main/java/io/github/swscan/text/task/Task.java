package io.github.swscan.text.task;

import java.util.List;

/** Questions with known answers, put to a model as requests for likelihoods. */
public sealed interface Task permits MultipleChoice, LastWord {

    /** What reports call it: the file it is from, as the user named it. */
    String name();

    /** What is asked, in order. */
    List<Request> requests();
}
